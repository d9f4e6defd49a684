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
