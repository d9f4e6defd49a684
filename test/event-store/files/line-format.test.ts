import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatLine,
  isBlank,
  parseIdentity,
  parseLine,
  splitLines,
} from '../../../src/event-store/files/line-format.ts'

const json = fc.jsonValue({ stringUnit: 'binary' })
const record = fc
  .tuple(
    fc.dictionary(fc.string({ unit: 'binary' }), json),
    fc.string({ unit: 'binary' }),
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z') }),
    fc.dictionary(fc.string({ unit: 'binary' }), json),
  )
  // With other keys before and after, because any order is allowed.
  .map(([before, id, date, behind]) => ({
    ...before,
    event_id: id,
    received_at: date.toISOString(),
    ...{ extra: behind },
  }))

test('a record, its id and its time are read back from its line', () => {
  fc.assert(
    fc.property(record, (written) => {
      const line = Buffer.from(formatLine(written))
      expect(line.indexOf('\n')).toBe(line.length - 1)
      expect(JSON.stringify(parseLine(line)) === JSON.stringify(written)).toBe(true)
      expect(parseIdentity(line)).toEqual({ id: written.event_id, receivedAt: Date.parse(written.received_at) })
    }),
  )
})

test.for([
  ['an empty line', '\n'],
  ['spaces', '   \n'],
  ['half a record', '{"event_id":"a","received_at":"2026-03-29T03'],
  ['not an object', '7\n'],
  ['null', 'null\n'],
  ['two records', '{"event_id":"a"}{"event_id":"b"}\n'],
  ['an invalid byte', Buffer.from('7b2261223a22ff227d0a', 'hex')],
])('%s is not a record', ([, line = '']) => {
  expect(parseLine(Buffer.from(line))).toBeUndefined()
  expect(parseIdentity(Buffer.from(line))).toBeUndefined()
})

test.for([
  ['no id', { received_at: '2026-03-29T03:30:00Z' }],
  ['an id that is not a string', { event_id: 7, received_at: '2026-03-29T03:30:00Z' }],
  ['no time', { event_id: 'a' }],
  ['an invalid time', { event_id: 'a', received_at: 'yesterday' }],
  ['both, but nested', { extra: { event_id: 'a', received_at: '2026-03-29T03:30:00Z' } }],
])('a record with %s has no identity', ([, value]) => {
  expect(parseIdentity(Buffer.from(`${JSON.stringify(value)}\n`))).toBeUndefined()
})

test('lines are split at line feeds, with their positions, and no byte is lost', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '\n', '\r', ' ') })
  fc.assert(
    fc.property(text, fc.nat(), (content, position) => {
      const bytes = Buffer.from(content)
      const lines = splitLines({ position, bytes })
      expect(Buffer.concat(lines.map((line) => line.bytes)).equals(bytes)).toBe(true)
      for (const [index, line] of lines.entries()) {
        expect(
          line.bytes.equals(bytes.subarray(line.position - position, line.position - position + line.bytes.length)),
        ).toBe(true)
        expect(line.bytes.length).toBeGreaterThan(0)
        const end = line.bytes.indexOf('\n')
        const isLast = index === lines.length - 1
        expect(end === line.bytes.length - 1 || (isLast && end === -1)).toBe(true)
      }
    }),
  )
})

test('a line of spaces is blank', () => {
  expect([' \n', '\n', ''].map((line) => isBlank(Buffer.from(line)))).toEqual([true, true, true])
  expect(['{}\n', '\0\n'].map((line) => isBlank(Buffer.from(line)))).toEqual([false, false])
})
