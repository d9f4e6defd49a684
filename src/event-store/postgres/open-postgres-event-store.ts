import type { DatabaseAddress } from '../../databases/database-url.ts'
import type { QueryLimits } from '../../databases/postgres-connection.ts'
import { PrimaryFinder } from '../../databases/primary.ts'
import { loggableError } from '../../databases/server-error.ts'
import type { Telemetry } from '../../telemetry.ts'
import type { EventReader } from '../event-reader.ts'
import { type EventStore, StoreStartError } from '../event-store.ts'
import { type CleanUpOptions, startCleanUp } from './clean-up.ts'
import { migrate } from './migrate.ts'
import { type AppenderLimits, PostgresAppender } from './postgres-appender.ts'
import { PostgresEventStore } from './postgres-event-store.ts'
import type { PostgresEventReader } from './reading/postgres-event-reader.ts'

/** Times are in milliseconds. */
export interface PostgresLimits extends AppenderLimits {
  readonly loginTimeoutMs: number
  readonly migrationTimeoutMs: number
  readonly readTimeoutMs: number
  readonly maxReadResponseBytes: number
  readonly pollMs: number
  readonly maxPageRows: number
  readonly maxPageBytes: number
}

export interface PostgresEventStoreOptions<Kind extends string> {
  /** The servers of one cluster, in any order. */
  readonly addresses: readonly DatabaseAddress[]
  readonly kinds: readonly Kind[]
  /** How long redeliveries are recognized, in milliseconds; 0 for not at all. */
  readonly windowMs: number
  readonly limits: PostgresLimits
  readonly telemetry: Telemetry
  /** Deletes what is too old; not at all by default. */
  readonly cleanUp?: Pick<CleanUpOptions, 'keepMs' | 'intervalMs' | 'maxRows'>
}

const STANDBY_NAMES = `SELECT current_setting('synchronous_standby_names') AS names`
const UNSAFE_FAILOVER =
  'commits do not wait for a standby: set synchronous_standby_names on the primary, then restart the receivers'

const MAX_RESPONSE_BYTES = 65_536

/**
 * Connects to the primary, and creates or upgrades the tables.
 *
 * @throws StoreStartError
 */
export async function openPostgresEventStore<Kind extends string>(
  options: PostgresEventStoreOptions<Kind>,
): Promise<EventStore<Kind>> {
  const { addresses, kinds, windowMs, limits, telemetry, cleanUp } = options
  const finder = new PrimaryFinder(addresses, shortAnswer(limits.loginTimeoutMs))
  const isSynchronous = await prepareTables(finder, limits)
  if (addresses.length > 1 && !isSynchronous) telemetry.emit('failoverUnsafe', { warning: UNSAFE_FAILOVER })

  const reading = readingSide(options, finder)
  const stopCleanUp =
    cleanUp && startCleanUp(finder, shortAnswer(limits.readTimeoutMs), { kinds, windowMs, ...cleanUp }, telemetry)
  const appender = new PostgresAppender({
    finder,
    limits,
    windowMs,
    telemetry,
    onCommitted: reading.wake,
  })
  return new PostgresEventStore({
    kinds,
    hasWindow: windowMs > 0,
    appender,
    openReader: reading.open,
    onClosed: () => {
      stopCleanUp?.()
      reading.close()
    },
  })
}

/** @returns whether commits wait for a standby */
async function prepareTables(finder: PrimaryFinder, { migrationTimeoutMs }: PostgresLimits): Promise<boolean> {
  try {
    const connection = await finder.connect()
    try {
      const queryLimits = shortAnswer(migrationTimeoutMs)
      await migrate(connection, queryLimits)
      const { rows } = await connection.query<{ names: string }>(STANDBY_NAMES, [], queryLimits)
      return rows[0]?.names !== ''
    } finally {
      connection.close()
    }
  } catch (error) {
    if (error instanceof StoreStartError) throw error
    const cause = loggableError(error)
    throw new StoreStartError(
      `cannot use the event database: ${cause.message}. Check EVENT_STORE_URL, that the server runs, and that this ` +
        'user may create tables in the database.',
      { cause },
    )
  }
}

/**
 * Opens only the reading side, of a store that receivers have opened before. It connects when it is first used.
 *
 * @returns the reader, and how to close it
 */
export async function openPostgresReader<Kind extends string>(
  options: Pick<PostgresEventStoreOptions<Kind>, 'addresses' | 'kinds' | 'limits'>,
): Promise<{ reader: EventReader<Kind>; close: () => void }> {
  const { addresses, limits } = options
  const reading = readingSide(options, new PrimaryFinder(addresses, shortAnswer(limits.loginTimeoutMs)))
  return { reader: await reading.open(), close: reading.close }
}

/** Limits for everything except appends and pages of records. */
function shortAnswer(timeoutMs: number): QueryLimits {
  return { timeoutMs, maxResponseBytes: MAX_RESPONSE_BYTES }
}

/** The reader and its connection, loaded and opened when they are first used. */
function readingSide<Kind extends string>(
  { kinds, limits }: Pick<PostgresEventStoreOptions<Kind>, 'kinds' | 'limits'>,
  finder: PrimaryFinder,
) {
  let reader: PostgresEventReader<Kind> | undefined
  let close = () => {}
  let opening: Promise<PostgresEventReader<Kind>> | undefined
  const load = async () => {
    const { PostgresEventReader } = await import('./reading/postgres-event-reader.ts')
    const { ReadConnection } = await import('./reading/read-connection.ts')
    const {
      readTimeoutMs: timeoutMs,
      maxReadResponseBytes: maxResponseBytes,
      pollMs,
      maxPageRows,
      maxPageBytes,
    } = limits
    const connection = new ReadConnection(finder, { timeoutMs, maxResponseBytes })
    close = () => connection.close()
    reader = new PostgresEventReader({ kinds, connection, pollMs, maxRows: maxPageRows, maxBytes: maxPageBytes })
    return reader
  }
  return {
    open: () => {
      opening ??= load()
      return opening
    },
    wake: () => reader?.wake(),
    close: () => close(),
  }
}
