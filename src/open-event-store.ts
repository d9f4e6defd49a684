import type { Config } from './config/config.ts'
import { eventStoreLimits, postgresStoreLimits } from './config/limits.ts'
import type { EventStore } from './event-store/event-store.ts'
import { nodeFileOperations } from './event-store/files/file-operations.ts'
import { openFileEventStore } from './event-store/files/open-file-event-store.ts'
import { isRepeatableId } from './events/identity.ts'
import { eventTypes } from './events/schemas.ts'
import type { RecordKind } from './handlers/handler.ts'
import { logFiles } from './handlers/index.ts'
import type { Telemetry } from './telemetry.ts'

/** Opens the event store that the settings name: log files, or PostgreSQL. @throws StoreStartError */
export async function openEventStore(config: Config, telemetry: Telemetry): Promise<EventStore<RecordKind>> {
  if (config.eventStore) {
    const { openPostgresEventStore } = await import('./event-store/postgres/open-postgres-event-store.ts')
    return openPostgresEventStore({
      addresses: config.eventStore.addresses,
      kinds: [...logFiles.keys()],
      windowMs: config.redelivery.ttlMs,
      limits: postgresStoreLimits,
      cleanUp: {
        keepMs: config.eventStore.keepMs,
        intervalMs: postgresStoreLimits.cleanUpIntervalMs,
        maxRows: postgresStoreLimits.maxDeletedRows,
      },
      telemetry,
    })
  }
  return openFileEventStore({
    directory: config.logDir,
    files: logFiles,
    repeatableKinds: eventTypes,
    isRepeatable: isRepeatableId,
    fsync: config.fsync,
    window: config.redelivery,
    rotation: config.rotation,
    limits: eventStoreLimits,
    operations: nodeFileOperations,
    telemetry,
  })
}
