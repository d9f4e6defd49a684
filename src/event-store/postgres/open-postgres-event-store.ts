import type { DatabaseAddress } from '../../databases/database-url.ts'
import { PrimaryFinder } from '../../databases/primary.ts'
import { reasonOf } from '../../lib/errors.ts'
import type { Telemetry } from '../../telemetry.ts'
import { type EventStore, StoreStartError } from '../event-store.ts'
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
}

/** A login and a migration have short answers. */
const MAX_RESPONSE_BYTES = 65_536

/**
 * Connects to the primary, and creates or upgrades the tables.
 *
 * @throws StoreStartError
 */
export async function openPostgresEventStore<Kind extends string>(
  options: PostgresEventStoreOptions<Kind>,
): Promise<EventStore<Kind>> {
  const { addresses, kinds, windowMs, limits, telemetry } = options
  const finder = new PrimaryFinder(addresses, {
    timeoutMs: limits.loginTimeoutMs,
    maxResponseBytes: MAX_RESPONSE_BYTES,
  })
  await prepareTables(finder, limits)

  const reading = readingSide(options, finder)
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
    closeReader: reading.close,
  })
}

async function prepareTables(finder: PrimaryFinder, { migrationTimeoutMs }: PostgresLimits): Promise<void> {
  try {
    const connection = await finder.connect()
    try {
      await migrate(connection, { timeoutMs: migrationTimeoutMs, maxResponseBytes: MAX_RESPONSE_BYTES })
    } finally {
      connection.close()
    }
  } catch (error) {
    if (error instanceof StoreStartError) throw error
    throw new StoreStartError(
      `cannot use the event database: ${reasonOf(error)}. Check EVENT_STORE_URL, that the server runs, and that this ` +
        'user may create tables in the database.',
      { cause: error },
    )
  }
}

/** The reader and its connection, loaded and opened when they are first used. */
function readingSide<Kind extends string>({ kinds, limits }: PostgresEventStoreOptions<Kind>, finder: PrimaryFinder) {
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
