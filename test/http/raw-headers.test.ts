import fc from 'fast-check'
import { expect, test } from 'vitest'
import { headerValues } from '../../src/http/raw-headers.ts'

test('all values of a header are returned in order, whatever the case of its name', () => {
  const raw = ['Host', 'a', 'X-Two', '1', 'x-two', '', 'X-TWO', '3', 'x-twoo', '4', 'x-tw', '5']
  expect(headerValues(raw, 'x-two')).toEqual(['1', '', '3'])
  expect(headerValues(raw, 'authorization')).toEqual([])
  expect(headerValues([], 'host')).toEqual([])
})

test('a value is never mistaken for a name, and a name without a value is ignored', () => {
  expect(headerValues(['a', 'host', 'host'], 'host')).toEqual([])
})

test('however headers are mixed, each is found only under its own name', () => {
  const name = fc.constantFrom('host', 'Host', 'expect', 'EXPECT', 'cookie')
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name)), (pairs) => {
      for (const wanted of ['host', 'expect', 'cookie']) {
        const expected = pairs.filter(([header]) => header.toLowerCase() === wanted).map(([, value]) => value)
        expect(headerValues(pairs.flat(), wanted)).toEqual(expected)
      }
    }),
  )
})
