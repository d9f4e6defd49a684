import type { z } from 'zod'
import { parseClusterUrl } from '../databases/cluster-url.ts'
import { type DatabaseAddress, DatabaseUrlError } from '../databases/database-url.ts'
import { toKeepMs } from './rotation.ts'
import type { settings } from './schema.ts'
import type { Environment } from './tokens.ts'

/** Where events are stored in PostgreSQL: the servers of one cluster. */
export interface EventStoreConfig {
  readonly addresses: readonly DatabaseAddress[]
  /** How long events are kept, in milliseconds; undefined for ever. */
  readonly keepMs: number | undefined
}

/** Settings of the log files, which do not exist with EVENT_STORE_URL. Not LOG_DIR, which the image sets. */
const FOR_FILES = ['LOG_ROTATE_BYTES', 'LOG_ROTATE_DAILY', 'LOG_ROTATE_GZIP', 'DEDUPE_MAX_EVENTS'] as const

/** A larger record takes longer than an append may, and holds up the appends of all receivers. */
const MAX_BODY_BYTES = 16 * 1024 * 1024

/** The valid settings that concern the event store. */
type RelatedSettings = Partial<Pick<z.infer<typeof settings>, 'LOG_FSYNC' | 'LOG_KEEP_DAYS' | 'BODY_LIMIT_BYTES'>>

/** @returns undefined if events are stored in files, or what is wrong. Messages never include the URL */
export function readEventStore(
  { EVENT_STORE_URL: url }: Environment,
  related: RelatedSettings = {},
): { store: EventStoreConfig | undefined } | { error: string } {
  if (url === undefined) return { store: undefined }
  const { LOG_FSYNC: fsync, BODY_LIMIT_BYTES: bodyLimit = 0 } = related
  if (fsync === false) {
    return {
      error: 'LOG_FSYNC: is false, but PostgreSQL always syncs what it commits. Remove LOG_FSYNC or EVENT_STORE_URL.',
    }
  }
  if (bodyLimit > MAX_BODY_BYTES) {
    return { error: `BODY_LIMIT_BYTES: must be at most ${MAX_BODY_BYTES} with EVENT_STORE_URL (it is ${bodyLimit}).` }
  }
  try {
    return { store: { addresses: parseClusterUrl(url), keepMs: toKeepMs(related) } }
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
