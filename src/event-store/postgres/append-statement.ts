import type { PostgresConnection } from '../../databases/postgres-connection.ts'
import type { AppendResult } from '../event-store.ts'
import { UnconfirmedError } from './append-errors.ts'
import type { PendingEntry } from './pending-entry.ts'

export interface AppendStatementLimits {
  /** How long the statement waits for the appends of other receivers, in milliseconds. */
  readonly lockTimeoutMs: number
  /** Milliseconds after which the connection is destroyed. */
  readonly statementTimeoutMs: number
}

/** Between records, which contain no control characters: they need no escaping, unlike the elements of an array. */
const SEPARATOR = '\n'

/**
 * One statement, and so one transaction.
 *
 * - `settings`: the transaction is durable even if the role's defaults are not, and warns if it is not. They are set only
 *   because `updated` reads them.
 * - `updated`: locks out all other appends until the commit, so positions become visible in their order. Since it always
 *   writes, even a batch of known events waits for the standby, and with it for everything that was stored before.
 * - `head`: the same row. The planner expects hundreds without the limit, and would compile the statement for them (JIT).
 * - `claimed`: an expired key is taken over. A key with this attempt was written by an earlier try of the same append,
 *   and never expires for it.
 * - `added`: only what has just got its position.
 */
const APPEND = `
  WITH settings AS (
    SELECT
      set_config('synchronous_commit',
        CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true),
      set_config('lock_timeout', $1, true),
      set_config('client_min_messages', 'warning', true)
  ), updated AS (
    UPDATE event_head
    SET position = position + cardinality($3::text[]),
      stored_at = CASE cardinality($3::text[]) WHEN 0 THEN stored_at ELSE clock_timestamp() END
    FROM settings
    WHERE one
    RETURNING position - cardinality($3::text[]) AS position, stored_at
  ), head AS (
    SELECT * FROM updated LIMIT 1
  ), input AS (
    SELECT *
    FROM unnest($3::text[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[], string_to_array($8, E'\\n'))
      WITH ORDINALITY AS input (key, attempt, kind, event_id, received_at, record, number)
  ), claimed AS (
    INSERT INTO event_key AS known (key, attempt, position, stored_at)
    SELECT input.key, input.attempt, head.position + input.number, head.stored_at
    FROM input CROSS JOIN head
    ON CONFLICT (key) DO UPDATE SET (attempt, position, stored_at) = (
      SELECT chosen.attempt, chosen.position, chosen.stored_at
      FROM (VALUES
        (known.attempt, known.position, known.stored_at, false),
        (excluded.attempt, excluded.position, excluded.stored_at, true)
      ) AS chosen (attempt, position, stored_at, is_new)
      WHERE is_new = (known.attempt <> excluded.attempt
        AND known.stored_at < excluded.stored_at - $2 * interval '1 millisecond')
    )
    RETURNING key, attempt, position
  ), added AS (
    INSERT INTO event (position, stored_at, received_at, kind, event_id, record)
    SELECT claimed.position, head.stored_at, input.received_at, input.kind, input.event_id, input.record
    FROM input CROSS JOIN head JOIN claimed USING (key)
    WHERE claimed.position = head.position + input.number
  )
  SELECT claimed.attempt = input.attempt AS "isStored"
  FROM input JOIN claimed USING (key)
  ORDER BY input.number`

/**
 * Stores entries in their order.
 *
 * @param entries with keys that differ; none, to try whether an append would work
 * @param windowMs how long an event is known after it was stored, in milliseconds by the server's clock
 * @throws UnconfirmedError if the server committed the entries without its standby, or the driver's error
 */
export async function appendEntries(
  connection: PostgresConnection,
  entries: readonly PendingEntry[],
  windowMs: number,
  { lockTimeoutMs, statementTimeoutMs }: AppendStatementLimits,
): Promise<readonly AppendResult[]> {
  const values = [
    String(lockTimeoutMs),
    windowMs,
    entries.map(({ key }) => key),
    entries.map(({ attempt }) => attempt),
    entries.map(({ kind }) => kind),
    entries.map(({ id }) => id),
    entries.map(({ receivedAt }) => receivedAt),
    entries.map(({ line }) => line).join(SEPARATOR),
  ]
  const limits = { timeoutMs: statementTimeoutMs, maxResponseBytes: 65_536 + 64 * entries.length }
  const { rows, warnings } = await connection.query<{ isStored: boolean }>(APPEND, values, limits)
  if (warnings.includes(NOT_REPLICATED)) throw new UnconfirmedError()
  if (rows.length !== entries.length) throw new Error(`${rows.length} results for ${entries.length} entries`)
  return rows.map(({ isStored }) => (isStored ? 'stored' : 'replayed'))
}

/** "canceling wait for synchronous replication", which comes with an ordinary success. */
const NOT_REPLICATED = '01000'
