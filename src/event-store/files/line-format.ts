/** The format of a log file: one record per line, as a JSON object followed by a line feed. */
import { isUtf8 } from 'node:buffer'
import type { StoredRecord } from '../stored-record.ts'
import { toInertJson } from './inert-json.ts'

export const LINE_FEED = 0x0a

/** Whole lines of a file. Only the last line of the file may lack a line feed. */
export interface Lines {
  /** The offset in the file, in bytes. */
  readonly position: number
  readonly bytes: Buffer
}

/** @returns the line for a record, line feed included, which is safe to display (see `toInertJson`) */
export function formatLine(record: StoredRecord): string {
  return `${toInertJson(record)}\n`
}

/** @returns the object on a line, or undefined if the line is not exactly one JSON object */
export function parseLine(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (!isUtf8(bytes)) return undefined
  try {
    const value: unknown = JSON.parse(bytes.toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** What identifies a record. */
export interface Identity {
  readonly id: string
  /** When it was received, in milliseconds since the epoch. */
  readonly receivedAt: number
}

/** @returns the id of a record and when it was received; undefined for other lines */
export function parseIdentity(bytes: Buffer): Identity | undefined {
  const found = parseRecord(bytes)
  return found && { id: found.id, receivedAt: found.receivedAt }
}

/** @returns a record with its identity; undefined for other lines */
export function parseRecord(bytes: Buffer): (Identity & { record: ParsedRecord }) | undefined {
  const record = (parseLine(bytes) ?? {}) as ParsedRecord
  const { event_id: id, received_at } = record
  const receivedAt = Date.parse(String(received_at))
  return typeof id === 'string' && !Number.isNaN(receivedAt) ? { id, receivedAt, record } : undefined
}

type ParsedRecord = StoredRecord & Readonly<Record<string, unknown>>

/** Whether a line contains only spaces. Repairs and probes can leave such lines. */
export function isBlank(bytes: Buffer): boolean {
  return bytes.toString('latin1').trim() === ''
}

export function splitLines({ position, bytes }: Lines): Lines[] {
  const lines: Lines[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LINE_FEED, start)
    const next = end === -1 ? bytes.length : end + 1
    lines.push({ position: position + start, bytes: bytes.subarray(start, next) })
    start = next
  }
  return lines
}
