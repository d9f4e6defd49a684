/** The filters of `events`, against a simple reference. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseQuery, type RawQuery } from '../../src/cli/events/query.ts'
import type { StoredEntry } from '../../src/event-store/event-reader.ts'
import { propertyRuns } from '../support/property-runs.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')

function matches(raw: RawQuery, record: object, receivedAt = NOW): boolean {
  const stored = { event_id: '', received_at: new Date(receivedAt).toISOString(), ...record }
  const entry: StoredEntry = { kind: 'on_ticket_created', id: '', receivedAt, record: stored }
  return parseQuery(raw, NOW).matches(entry)
}

describe.for(['bot', 'visitor'] as const)('--%s', (option) => {
  test.for([
    [{ [`${option}_id`]: '21' }, true],
    [{ [`${option}_id`]: 21 }, true],
    [{ data: { [`${option}_id`]: 21 } }, true],
    [{ data: { [`${option}_id`]: '21' } }, true],
    [{ [`${option}_id`]: 210 }, false],
    [{ [`${option}_id`]: '021' }, false],
    [{ data: '21' }, false],
    [{}, false],
  ] as const)('%j: %s', ([record, expected]) => {
    expect(matches({ [option]: '21' }, record)).toBe(expected)
  })
})

test('--since is inclusive, --until is not', () => {
  const range = { since: '2026-11-24T10:00:00Z', until: '2026-11-24T11:00:00Z' }
  const at = (time: string) => matches(range, {}, Date.parse(`2026-11-24T${time}Z`))
  expect(['09:59:59.999', '10:00:00.000', '10:59:59.999', '11:00:00.000'].map(at)).toEqual([false, true, true, false])
})

test('--grep finds text in any value, in any case, and in no key', () => {
  const key = fc.constantFrom('a', 'message', 'needle', 'x')
  const text = fc.constantFrom('', 'nEEdle', 'a needle.', 'need', 'Ünd', '7', 'true', '\u0000')
  const leaf = fc.oneof(text, fc.constantFrom(7, 70.5, true, null))
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 3 }),
    ),
  })).value
  fc.assert(
    fc.property(
      fc.dictionary(key, value, { maxKeys: 4 }),
      fc.constantFrom('needle', 'NEEDLE', 'ü', '7', 'true', 'é'),
      (record, grep) => {
        // In JSON, values are what follows a key's colon or stands alone in an array.
        const values: string[] = []
        JSON.stringify(record, (_key, item) => {
          if (item !== null && typeof item !== 'object') values.push(String(item))
          return item
        })
        const expected = values.some((item) => item.toLowerCase().includes(grep.toLowerCase()))
        expect(matches({ grep }, { event_id: 'id', received_at: 'time', ...record })).toBe(expected)
      },
    ),
    propertyRuns(1000),
  )
})
