import type { FastifyInstance } from 'fastify'
import type { EventStore } from '../event-store/event-store.ts'
import type { DatabaseStatus } from '../projects/database-health.ts'

/**
 * Adds `GET /healthz`, which shows that the process is up, and `GET /readyz`, which shows whether it can store events
 * right now. The state of the project database is for information only, because no event depends on it.
 */
export function addHealthRoutes(
  app: FastifyInstance,
  eventStore: EventStore,
  databaseStatus: (() => DatabaseStatus) | undefined,
): void {
  app.get('/healthz', async () => ({ status: 'ok' }))

  app.get('/readyz', async () => {
    await eventStore.checkReady()
    return { status: 'ready', ...(databaseStatus && { database: databaseStatus() }) }
  })
}
