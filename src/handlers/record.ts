import type { StoredRecord } from '../event-store/stored-record.ts'
import type { Arrival, RecordParts } from './handler.ts'

/** Formats a date as in the PHP sample's records: `YYYY-MM-DD HH:MM:SS` in the process's time zone. */
export function localTimestamp(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** Creates the keys that follow the fields in every record, in order. */
export function context(arrival: Arrival, eventId: string, eventTimestamp: unknown, environment: string) {
  return {
    event_id: eventId,
    event_timestamp: eventTimestamp,
    environment,
    client_ip: arrival.clientIp,
    received_at: arrival.receivedAt.toISOString(),
  }
}

/** Builds a record, with its keys in the order that the contract defines. */
export function makeRecord(parts: RecordParts, arrival: Arrival, eventId: string, environment: string): StoredRecord {
  const { fields, eventTimestamp, extra } = parts
  // Object.assign is several times faster here than spreading into a literal.
  const record = Object.assign(
    { timestamp: localTimestamp(arrival.receivedAt) },
    fields,
    context(arrival, eventId, eventTimestamp, environment),
  )
  return hasValues(extra) ? Object.assign(record, { extra }) : record
}

/** The inverse of {@link makeRecord}. */
export function splitRecord(record: Readonly<Record<string, unknown>>): RecordParts {
  const { timestamp, event_id, event_timestamp: eventTimestamp, environment, client_ip, received_at, ...rest } = record
  const { extra, ...fields } = rest
  return { fields, eventTimestamp, extra: isObject(extra) ? extra : {} }
}

/** @returns the fields without those whose value is their fallback */
export function withoutFallbacks(
  fields: Readonly<Record<string, unknown>>,
  fallbacks: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([key, value]) => value !== fallbacks[key]))
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether an object has any value that JSON can represent. */
export function hasValues(object: Readonly<Record<string, unknown>>): boolean {
  for (const key in object) if (object[key] !== undefined) return true
  return false
}
