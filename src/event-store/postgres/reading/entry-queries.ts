/** What readers ask the database. Each statement sees one snapshot. */
import type { Head, Place } from './position.ts'
import type { ReadConnection } from './read-connection.ts'

export interface EntryRow {
  /** A bigint, which the driver returns as a string. */
  readonly position: string
  readonly id: string
  readonly record: string
}

/** Entries at one side of a place, and what was deleted of the kind. */
export interface Rows {
  /** The last deleted position of the kind; 0 if none. */
  readonly gone: number
  readonly entries: readonly EntryRow[]
}

export interface RowsOptions {
  readonly kind: string
  readonly from: Place
  /** Milliseconds since the epoch. */
  readonly since?: number | undefined
  readonly maxRows: number
  /** Bytes of records; the first is read whatever its length. */
  readonly maxBytes: number
}

const HEAD = `
  SELECT store, position, floor(extract(epoch FROM stored_at) * 1000)::bigint AS "storedAt" FROM event_head WHERE one`

export async function readHead(connection: ReadConnection): Promise<Head> {
  const [row] = await connection.query<{ store: string; position: string; storedAt: string }>(HEAD, [])
  if (!row) throw new Error('the table event_head is empty')
  return { store: row.store, position: Number(row.position), storedAt: Number(row.storedAt) }
}

/** The length of a record is known without reading it. */
const rowsQuery = (direction: 'ASC' | 'DESC', where: string) => `
  SELECT coalesce(gone.position, 0) AS gone, entry.position, entry.id, entry.record
  FROM (SELECT max(position) AS position FROM event_gone WHERE kind = $1) AS gone
  LEFT JOIN (
    SELECT position, event_id AS id, record
    FROM (
      SELECT *, sum(octet_length(record)) OVER (ORDER BY position ${direction}) AS bytes
      FROM (
        SELECT position, event_id, record FROM event WHERE kind = $1 AND ${where} ORDER BY position ${direction} LIMIT $3
      ) AS page
    ) AS measured
    WHERE bytes - octet_length(record) < $4
  ) AS entry ON true
  ORDER BY entry.position ${direction}`

const FORWARDS = rowsQuery('ASC', 'position > $2')
const BACKWARDS = rowsQuery('DESC', 'position <= $2')
/** An entry that was received after $5 may have been stored an hour before, by the server's clock. */
const FORWARDS_SINCE = rowsQuery(
  'ASC',
  `position > greatest($2, coalesce(
    (SELECT position FROM event WHERE stored_at < $6 ORDER BY stored_at DESC LIMIT 1), 0)) AND received_at >= $5`,
)

/** @param disorderMs how much earlier than it was received an entry may have been stored */
export async function readForwards(
  connection: ReadConnection,
  { kind, from, since, maxRows, maxBytes }: RowsOptions,
  disorderMs: number,
): Promise<Rows> {
  const values = [kind, from.position, maxRows, maxBytes]
  if (since === undefined) return toRows(await connection.query<Row>(FORWARDS, values))
  const times = [since, since - disorderMs].map((time) => new Date(time).toISOString())
  return toRows(await connection.query<Row>(FORWARDS_SINCE, [...values, ...times]))
}

export async function readBackwards(
  connection: ReadConnection,
  { kind, from, maxRows, maxBytes }: RowsOptions,
): Promise<Rows> {
  return toRows(await connection.query<Row>(BACKWARDS, [kind, from.position, maxRows, maxBytes]))
}

const FIND = `
  SELECT kind, position, event_id AS id, record
  FROM event
  WHERE event_id = $1 AND kind = ANY($2)
  ORDER BY position DESC
  LIMIT 1`

/** @returns the latest entry with an id */
export async function findRow(
  connection: ReadConnection,
  id: string,
  kinds: readonly string[],
): Promise<(EntryRow & { readonly kind: string }) | undefined> {
  const [row] = await connection.query<EntryRow & { kind: string }>(FIND, [id, kinds])
  return row
}

type Row = { readonly gone: string } & { readonly [K in keyof EntryRow]: EntryRow[K] | null }

function toRows(rows: readonly Row[]): Rows {
  const entries = rows.filter((row): row is EntryRow & Row => row.position !== null)
  return { gone: Number(rows[0]?.gone ?? 0), entries }
}
