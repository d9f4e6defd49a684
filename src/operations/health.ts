import type { FastifyInstance } from 'fastify'
import type { EventLog } from '../event-log/event-log.ts'

/** Adds `GET /healthz`, that the process lives, and `GET /readyz`, whether it can store events now. */
export function addHealth(app: FastifyInstance, eventLog: EventLog): void {
  app.get('/healthz', async () => ({ status: 'ok' }))

  app.get('/readyz', async () => {
    await eventLog.checkReady()
    return { status: 'ready' }
  })
}
