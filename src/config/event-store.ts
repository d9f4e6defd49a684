import { parseClusterUrl } from '../databases/cluster-url.ts'
import { type DatabaseAddress, DatabaseUrlError } from '../databases/database-url.ts'
import type { Environment } from './tokens.ts'

/** Where events are stored in PostgreSQL: the servers of one cluster. */
export interface EventStoreConfig {
  readonly addresses: readonly DatabaseAddress[]
  /** How long events are kept, in milliseconds; undefined for ever. */
  readonly keepMs: number | undefined
}

const DAY_MS = 24 * 60 * 60 * 1000

/** Settings of the log files, which do not exist with EVENT_STORE_URL. */
const FOR_FILES = ['LOG_DIR', 'LOG_ROTATE_BYTES', 'LOG_ROTATE_DAILY', 'LOG_ROTATE_GZIP', 'DEDUPE_MAX_EVENTS'] as const

/** @returns undefined if events are stored in files, or what is wrong. Messages never include the URL */
export function readEventStore(
  { EVENT_STORE_URL: url }: Environment,
  {
    LOG_FSYNC: fsync = true,
    LOG_KEEP_DAYS: keepDays,
  }: { LOG_FSYNC?: boolean; LOG_KEEP_DAYS?: number | undefined } = {},
): { store: EventStoreConfig | undefined } | { error: string } {
  if (url === undefined) return { store: undefined }
  if (!fsync) {
    return {
      error: 'LOG_FSYNC: is false, but PostgreSQL always syncs what it commits. Remove LOG_FSYNC or EVENT_STORE_URL.',
    }
  }
  try {
    return {
      store: { addresses: parseClusterUrl(url), keepMs: keepDays === undefined ? undefined : keepDays * DAY_MS },
    }
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error
    return { error: `EVENT_STORE_URL: ${error.message}` }
  }
}

/** @returns a warning for each setting that is given, but has no effect */
export function eventStoreWarnings(given: Environment): string[] {
  if (given.EVENT_STORE_URL === undefined) return []
  return FOR_FILES.filter((name) => given[name] !== undefined).map(
    (name) => `${name} has no effect: with EVENT_STORE_URL, events are stored in PostgreSQL.`,
  )
}
