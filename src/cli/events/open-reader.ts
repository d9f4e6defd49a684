import { statSync } from 'node:fs'
import { settings } from '../../config/schema.ts'
import type { GivenSettings } from '../../config/settings.ts'
import type { EventReader } from '../../event-store/event-reader.ts'
import { nodeFileOperations } from '../../event-store/files/file-operations.ts'
import { FileEventReader } from '../../event-store/files/reading/file-event-reader.ts'
import type { RecordKind } from '../../handlers/handler.ts'
import { logFiles } from '../../handlers/index.ts'
import { ExplainedError } from '../../lib/errors.ts'

/** How often `follow` looks for new events, in milliseconds. */
const POLL_MS = 200

/**
 * Opens the event store of the service with these settings for reading. Only the settings that say where it is need to be valid.
 *
 * @throws ExplainedError if there is none
 */
export function openReader({ values }: GivenSettings): EventReader<RecordKind> {
  const directory = settings.shape.LOG_DIR.parse(values.LOG_DIR)
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ExplainedError(
      `There is no directory ${directory}. Run this where the service runs, or set LOG_DIR to its log directory.`,
    )
  }
  return new FileEventReader({ directory, files: logFiles, operations: nodeFileOperations, pollMs: POLL_MS })
}
