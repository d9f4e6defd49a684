import type { StoredEntry } from '../../event-store/event-reader.ts'
import { toInertJson } from '../../event-store/files/inert-json.ts'
import { localTimestamp } from '../../handlers/record.ts'
import { printableLine } from '../../lib/printable.ts'
import { fieldOf } from './query.ts'

const TYPE_WIDTH = 22
const VISITOR_WIDTH = 20

/** @returns the record as it is stored, on one line */
export function asJson({ record }: StoredEntry): string {
  return toInertJson(record)
}

/**
 * @param width of the terminal, in characters
 * @returns the time received, the type, the visitor and the first words, on one line that is safe to display
 */
export function asLine({ kind, receivedAt, record }: StoredEntry, width: number): string {
  const visitor = printableLine(String(fieldOf(record, 'visitor_id') ?? '-'), VISITOR_WIDTH)
  const start = `${localTimestamp(new Date(receivedAt))}  ${kind.padEnd(TYPE_WIDTH)}  ${visitor.padEnd(VISITOR_WIDTH)}  `
  return start + printableLine(firstWords(record), Math.max(width - start.length, 20))
}

function firstWords(record: StoredEntry['record']): string {
  const fields = ['error', 'subject', 'response', 'message', 'description', 'body']
  const texts = fields.map((name) => fieldOf(record, name)).filter((text) => typeof text === 'string' && text !== '')
  return texts.join(': ').replace(/\s+/g, ' ')
}
