import { statSync } from 'node:fs'
import { ConfigError } from '../../config/config-error.ts'
import { readEventStore } from '../../config/event-store.ts'
import { postgresStoreLimits } from '../../config/limits.ts'
import { settings } from '../../config/schema.ts'
import type { GivenSettings } from '../../config/settings.ts'
import type { EventReader } from '../../event-store/event-reader.ts'
import type { RecordKind } from '../../handlers/handler.ts'
import { logFiles } from '../../handlers/index.ts'
import { ExplainedError } from '../../lib/errors.ts'

/** How often `follow` looks for new events, in milliseconds. */
const POLL_MS = 200

/**
 * Opens the event store of the service with these settings for reading, and closes it when `use` has ended. Only the
 * settings that say where it is need to be valid.
 *
 * @throws ConfigError, ExplainedError if there is no such store
 */
export async function withReader<Result>(
  { values }: GivenSettings,
  use: (reader: EventReader<RecordKind>) => Promise<Result>,
): Promise<Result> {
  const database = readEventStore(values)
  if ('error' in database) throw new ConfigError([database.error])
  if (!database.store) return use(await openFiles(settings.shape.LOG_DIR.parse(values.LOG_DIR)))
  const { openPostgresReader } = await import('../../event-store/postgres/open-postgres-event-store.ts')
  const { addresses } = database.store
  const { reader, close } = await openPostgresReader({
    addresses,
    kinds: [...logFiles.keys()],
    limits: { ...postgresStoreLimits, pollMs: POLL_MS },
  })
  try {
    return await use(reader)
  } finally {
    close()
  }
}

async function openFiles(directory: string): Promise<EventReader<RecordKind>> {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ExplainedError(
      `There is no directory ${directory}. Run this where the service runs, or set LOG_DIR to its log directory.`,
    )
  }
  const { FileEventReader } = await import('../../event-store/files/reading/file-event-reader.ts')
  const { nodeFileOperations } = await import('../../event-store/files/file-operations.ts')
  return new FileEventReader({ directory, files: logFiles, operations: nodeFileOperations, pollMs: POLL_MS })
}
