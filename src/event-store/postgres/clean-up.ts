import type { PostgresConnection, QueryLimits } from '../../databases/postgres-connection.ts'
import type { PrimaryFinder } from '../../databases/primary.ts'
import { loggableError } from '../../databases/server-error.ts'
import type { Telemetry } from '../../telemetry.ts'
import { deleteEntries, deleteExpiredKeys } from './retention.ts'

/** Times are in milliseconds, by the server's clock. */
export interface CleanUpOptions {
  readonly kinds: readonly string[]
  /** How long redeliveries are recognized. */
  readonly windowMs: number
  /** How long entries are kept, but never shorter than that; undefined for ever. */
  readonly keepMs: number | undefined
  readonly intervalMs: number
  /** Rows per transaction: few, so that no append waits long. */
  readonly maxRows: number
}

const LAST_OLD = `
  SELECT max(position) AS position FROM event
  WHERE kind = $1 AND stored_at < clock_timestamp() - $2 * interval '1 millisecond'`

/**
 * Deletes, now and from time to time, what is no longer needed: keys of events that are too old to be recognized, and
 * entries that are too old to be kept. Several receivers may do so at the same time.
 *
 * @returns a function that stops it
 */
export function startCleanUp(
  finder: PrimaryFinder,
  limits: QueryLimits,
  options: CleanUpOptions,
  telemetry: Telemetry,
): () => void {
  let isStopped = false
  let connection: PostgresConnection | undefined
  const run = async () => {
    try {
      connection = await finder.connect()
      const entries = await cleanUp(connection, limits, options, () => isStopped)
      if (entries > 0) telemetry.emit('entriesDeleted', { entries })
    } catch (error) {
      if (!isStopped) telemetry.emit('deletionFailed', { error: loggableError(error) })
    } finally {
      connection?.close()
    }
  }
  void run()
  const timer = setInterval(run, options.intervalMs)
  timer.unref()
  return () => {
    isStopped = true
    clearInterval(timer)
    connection?.close()
  }
}

/** @returns the number of deleted entries @throws the driver's error */
async function cleanUp(
  connection: PostgresConnection,
  limits: QueryLimits,
  { kinds, windowMs, keepMs, maxRows }: CleanUpOptions,
  isStopped: () => boolean,
): Promise<number> {
  const repeat = async (deleteBatch: () => Promise<number>) => {
    let total = 0
    for (let deleted = maxRows; deleted === maxRows && !isStopped(); total += deleted) deleted = await deleteBatch()
    return total
  }
  await repeat(() => deleteExpiredKeys(connection, { windowMs, maxRows }, limits))
  if (keepMs === undefined) return 0
  let entries = 0
  for (const kind of kinds) {
    const { rows } = await connection.query<{ position: string | null }>(
      LAST_OLD,
      [kind, Math.max(keepMs, windowMs)],
      limits,
    )
    const upTo = Number(rows[0]?.position ?? 0)
    if (upTo > 0) entries += await repeat(() => deleteEntries(connection, { kind, upTo, maxRows }, limits))
  }
  return entries
}
