import type { FastifyInstance } from 'fastify'
import type { EventStore } from '../event-store/event-store.ts'
import type { DatabaseStatus } from '../projects/database-health.ts'

/**
 * Adds `GET /healthz`, that the process lives, and `GET /readyz`, whether it can store events now. A project database
 * is told of there, but no event depends on it.
 */
export function addHealth(
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
