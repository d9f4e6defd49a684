import { mkdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { explainSystemError } from '../../src/lib/errors.ts'
import { makeFolder } from '../support/folder.ts'

function failureOf(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return error
  }
}

test('errors of the operating system have readable reasons', () => {
  const folder = makeFolder()
  mkdirSync(`${folder}/directory`)
  expect(explainSystemError(failureOf(() => readFileSync(`${folder}/none`)))).toBe('the file does not exist')
  expect(explainSystemError(failureOf(() => readFileSync(`${folder}/directory`)))).toBe('it is a directory')
})

test('the message for an error code takes precedence over the general message', () => {
  const error = Object.assign(new Error('listen EACCES'), { code: 'EACCES' })
  expect(explainSystemError(error, { EACCES: 'Choose another port.' })).toBe('Choose another port.')
  expect(explainSystemError(error, { EPERM: 'no' }, (reason) => `It failed: ${reason}.`)).toBe(
    'It failed: permission denied for this user.',
  )
})

test('anything that was thrown has a reason', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('EWHATEVER', 'constructor', '__proto__', 'toString'), (message, code) => {
      const error = Object.assign(new Error(message), { code })
      expect(explainSystemError(error, { ENOENT: 'no' })).toBe(message)
      expect(explainSystemError(message)).toBe(message)
    }),
  )
  const both = new AggregateError([new Error('connect to ::1'), new Error('connect to 127.0.0.1')])
  expect(explainSystemError(both)).toBe('connect to ::1; connect to 127.0.0.1')
})
