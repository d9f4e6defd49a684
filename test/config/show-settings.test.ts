import fc from 'fast-check'
import { expect, test } from 'vitest'
import { showSettings } from '../../src/config/show-settings.ts'
import type { Environment } from '../../src/config/tokens.ts'

const show = (values: Environment) =>
  showSettings({
    values,
    sourceOf: () => 'environment',
    warnings: [],
    firstStart: undefined,
    check: () => expect.fail(),
  })

/** Text that occurs only in a secret. */
const secret = fc.string({ unit: 'binary' }).map((text) => `Xq${text}qX`)

test('no setting shows a secret, however broken the settings are', () => {
  const url = fc.tuple(
    fc.constantFrom('mysql://bob:', 'postgres://', 'bob:', ''),
    secret,
    fc.constantFrom('@db/chat', '', '/x@db'),
  )
  fc.assert(
    fc.property(secret, secret, url, fc.boolean(), (token, previous, [start, password, end], encoded) => {
      const values = {
        WEBHOOK_SECRET: token,
        WEBHOOK_SECRET_PREVIOUS: previous,
        DATABASE_URL: start + (encoded ? encodeURIComponent(String(Buffer.from(password))) : password) + end,
      }
      // In "postgres://name@db/chat", the name is a user without a password.
      if (start === 'postgres://') values.DATABASE_URL = values.DATABASE_URL.replace('://', '://bob:')
      for (const { value } of show(values)) expect(value).not.toMatch(/Xq|qX/)
    }),
  )
})

test('each setting is shown on one line without control characters, whatever its value', () => {
  const names = show({}).map(({ name }) => name)
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.string({ unit: 'binary', minLength: 1 })), (values) => {
      const shown = show(values)
      expect(shown.map(({ name }) => name)).toEqual(names)
      for (const { value } of shown) expect(value).toMatch(/^\P{C}+$/u)
    }),
  )
})

test('effective values', () => {
  const shown = show({
    LOG_FSYNC: 'no',
    TRUST_PROXY: '127.0.0.1, ::1',
    APP_ENV: 'staging',
    BOT_PROJECTS: '{"21": "A"}',
  })
  const shownFor = (name: string) => shown.find((setting) => setting.name === name)?.value
  expect(shownFor('LOG_FSYNC')).toBe('false')
  expect(shownFor('TRUST_PROXY')).toBe('127.0.0.1,::1')
  expect(shownFor('APP_ENV')).toBe('staging')
  expect(shownFor('BOT_PROJECTS')).toBe('{"21":"A"}')
  expect(shownFor('REPLIES_FILE')).toBe('not set')
})

test('the environment in the records is NODE_ENV if APP_ENV is not set', () => {
  const appEnv = (values: Environment) => show(values).find(({ name }) => name === 'APP_ENV')?.value
  expect([appEnv({}), appEnv({ NODE_ENV: 'production' })]).toEqual(['development', 'production'])
})
