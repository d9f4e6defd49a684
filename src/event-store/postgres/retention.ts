import type { PostgresConnection, QueryLimits } from '../../databases/postgres-connection.ts'

export interface Deletion {
  readonly kind: string
  /** The last position to delete. */
  readonly upTo: number
  /** Few, so that the transaction is short. */
  readonly maxRows: number
}

/** Readers learn from `event_gone` what they have missed. Appends lock neither these rows nor that table. */
const DELETE = `
  WITH old AS (
    SELECT position FROM event WHERE kind = $1 AND position <= $2 ORDER BY position LIMIT $3
  ), deleted AS (
    DELETE FROM event USING old WHERE event.position = old.position RETURNING event.position
  ), gone AS (
    INSERT INTO event_gone AS known (kind, position)
    SELECT $1, max(position) FROM deleted HAVING count(*) > 0
    ON CONFLICT (kind) DO UPDATE SET position = greatest(known.position, excluded.position)
  )
  SELECT count(*)::integer AS deleted FROM deleted`

/** Deletes the oldest entries of a kind. @returns how many @throws the driver's error */
export async function deleteEntries(
  connection: PostgresConnection,
  { kind, upTo, maxRows }: Deletion,
  limits: QueryLimits,
): Promise<number> {
  const { rows } = await connection.query<{ deleted: number }>(DELETE, [kind, upTo, maxRows], limits)
  return rows[0]?.deleted ?? 0
}

/**
 * Keys also recognize an append that is sent again after a failure, so even without a replay window they are kept for
 * much longer than an append may take.
 */
const MIN_KEY_AGE_MS = 3_600_000

/** It waits for no lock, so that it cannot be in a deadlock with an append, which takes over expired keys. */
const DELETE_KEYS = `
  WITH old AS (
    SELECT key
    FROM event_key
    WHERE stored_at < clock_timestamp() - $1 * interval '1 millisecond'
    ORDER BY stored_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
  ), deleted AS (
    DELETE FROM event_key USING old WHERE event_key.key = old.key RETURNING 1
  )
  SELECT count(*)::integer AS deleted FROM deleted`

/**
 * Deletes keys that are older than the replay window.
 *
 * @param windowMs milliseconds
 * @returns how many @throws the driver's error
 */
export async function deleteExpiredKeys(
  connection: PostgresConnection,
  { windowMs, maxRows }: { readonly windowMs: number; readonly maxRows: number },
  limits: QueryLimits,
): Promise<number> {
  const values = [Math.max(windowMs, MIN_KEY_AGE_MS), maxRows]
  const { rows } = await connection.query<{ deleted: number }>(DELETE_KEYS, values, limits)
  return rows[0]?.deleted ?? 0
}
