import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asLine } from '../../src/cli/events/format.ts'
import { propertyRuns } from '../support/property-runs.ts'

const receivedAt = Date.parse('2026-11-24T12:00:00')

function lineOf(record: Record<string, unknown>, width = 120): string {
  const stored = { ...record, event_id: 'x', received_at: new Date(receivedAt).toISOString() }
  return asLine({ kind: 'on_message_received', id: 'x', receivedAt, record: stored }, width)
}

test('shows the time, the type, the visitor and the first words', () => {
  expect(lineOf({ visitor_id: 'v_1', message: 'Hello,\n\nworld' })).toBe(
    '2026-11-24 12:00:00  on_message_received     v_1                   Hello, world',
  )
})

test('nothing in an event controls the terminal or begins a line', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 })
  fc.assert(
    fc.property(text, text, fc.integer({ min: 1, max: 200 }), (visitor_id, message, width) => {
      const line = lineOf({ visitor_id, message }, width)
      expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
      expect(line.length).toBeLessThanOrEqual(Math.max(width, 88))
    }),
    propertyRuns(300),
  )
})
