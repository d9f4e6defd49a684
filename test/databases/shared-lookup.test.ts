import type { LookupAddress } from 'node:dns'
import { expect, test } from 'vitest'
import { sharedLookup } from '../../src/databases/shared-lookup.ts'

test('concurrent calls share one lookup', () => {
  const asked: ((error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void)[] = []
  const answers: unknown[][] = []
  const lookup = sharedLookup((_host, options, answer) => {
    expect(options.all).toBe(true)
    asked.push(answer)
  })
  const ask = () => lookup('db.example', { all: true }, (...answer) => answers.push(answer))
  const addresses = [{ address: '::1', family: 6 }]

  for (let count = 0; count < 3; count += 1) ask()
  expect(asked).toHaveLength(1)
  asked.shift()?.(null, addresses)
  expect(answers.splice(0)).toEqual(Array(3).fill([null, addresses]))

  const failure = new Error('ENOTFOUND')
  ask()
  expect(asked).toHaveLength(1)
  asked.shift()?.(failure, [])
  expect(answers).toEqual([[failure, []]])
})
