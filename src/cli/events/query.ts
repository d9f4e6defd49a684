/** Which entries to show, from the options of the command line. */
import type { StoredEntry } from '../../event-store/event-reader.ts'
import { type EventType, eventTypes } from '../../events/schemas.ts'
import type { RecordKind } from '../../handlers/handler.ts'
import { isObject } from '../../handlers/record.ts'
import { findEventType, unknownEvent } from '../event-names.ts'
import { UsageError } from '../failure.ts'

export interface RawQuery {
  readonly type?: readonly string[]
  readonly since?: string
  readonly until?: string
  readonly bot?: string
  readonly visitor?: string
  readonly rejected?: true
  readonly grep?: string
  readonly limit?: string
}

export interface Query {
  readonly kinds: readonly RecordKind[]
  /** In milliseconds since the epoch. */
  readonly since: number | undefined
  readonly until: number | undefined
  readonly limit: number
  matches(entry: StoredEntry): boolean
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/

/** @param now in milliseconds since the epoch @throws UsageError */
export function parseQuery(raw: RawQuery, now: number): Query {
  if (raw.rejected && (raw.type || raw.bot !== undefined || raw.visitor !== undefined)) {
    throw new UsageError('--rejected cannot be combined with --type, --bot or --visitor. Use --grep instead.')
  }
  const since = parseTime('--since', raw.since, now)
  const until = parseTime('--until', raw.until, now)
  if (since !== undefined && until !== undefined && until <= since) {
    throw new UsageError('--until must be later than --since.')
  }
  const limit = Number(raw.limit ?? Number.POSITIVE_INFINITY)
  if (raw.limit !== undefined && !/^[1-9]\d{0,8}$/.test(raw.limit)) {
    throw new UsageError('--limit must be a number of events, such as 20.')
  }
  const kinds = raw.rejected ? (['rejected'] as const) : (raw.type?.map(toType) ?? eventTypes)
  const text = raw.grep?.toLowerCase()
  return {
    kinds,
    since,
    until,
    limit,
    matches: ({ receivedAt, record }) =>
      receivedAt >= (since ?? receivedAt) &&
      receivedAt < (until ?? Number.POSITIVE_INFINITY) &&
      isId(fieldOf(record, 'bot_id'), raw.bot) &&
      isId(fieldOf(record, 'visitor_id'), raw.visitor) &&
      (text === undefined || contains(record, text)),
  }
}

/** Tickets have the fields of the event in `data`; the other events have them at the top. */
export function fieldOf(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return record[name] ?? (isObject(record.data) ? record.data[name] : undefined)
}

/** Ids are strings or numbers. Any id will do if none is wanted. */
function isId(id: unknown, wanted: string | undefined): boolean {
  return wanted === undefined || (id !== undefined && String(id) === wanted)
}

function toType(name: string): EventType {
  const type = findEventType(name)
  if (!type) throw new UsageError(`--type: there is no event type "${name}". ${unknownEvent(name)}`)
  return type
}

function parseTime(option: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  const { count, unit } = /^(?<count>\d{1,6})(?<unit>[mhdw])$/.exec(text)?.groups ?? {}
  if (count !== undefined) return now - Number(count) * UNITS[unit as keyof typeof UNITS]
  // A date alone would be read as UTC.
  const time = ISO.test(text) ? Date.parse(text.includes('T') ? text : `${text}T00:00`) : Number.NaN
  if (Number.isNaN(time)) {
    throw new UsageError(
      `${option} must be a time such as 2026-11-24T09:00, or how long ago, such as 30m, 2h, 3d or 1w.`,
    )
  }
  return time
}

function contains(value: unknown, text: string): boolean {
  if (value === null) return false
  if (typeof value === 'object') return Object.values(value).some((inner) => contains(inner, text))
  return String(value).toLowerCase().includes(text)
}
