import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InvalidPositionError } from '../../../src/event-store/event-reader.ts'
import { formatPosition, parsePosition } from '../../../src/event-store/postgres/reading/position.ts'

const place = fc.record({ position: fc.nat({ max: 999_999_999_999_999 }), time: fc.nat({ max: 999_999_999_999_999 }) })

test('a position is the same after it was written, unless the head is before it', () => {
  fc.assert(
    fc.property(fc.uuid(), place, place, (store, written, { position, time: storedAt }) => {
      const text = formatPosition(store, written)
      const parse = () => parsePosition(text, { store, position, storedAt })
      if (written.position <= position) expect(parse()).toEqual(written)
      else expect(parse).toThrow(/was restored/)
    }),
  )
})

test('the positions of another store are invalid', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), place, (store, other, written) => {
      fc.pre(store !== other)
      const head = { store: other, position: Number.MAX_SAFE_INTEGER, storedAt: 0 }
      expect(() => parsePosition(formatPosition(store, written), head)).toThrow(InvalidPositionError)
    }),
  )
})

test('any other text is invalid', () => {
  const store = '00000000-0000-4000-8000-000000000000'
  const head = { store, position: 9, storedAt: 0 }
  const texts = ['', 'start', `${store}+1`, `${store}+-1@0`, `${store}+1@0 `, `${store}+1@0\n`, `${store}+1.5@0`]
  for (const text of texts) expect(() => parsePosition(text, head)).toThrow(/is not a position in the event database/)
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => parsePosition(text, head)).toThrow(InvalidPositionError)
    }),
  )
})
