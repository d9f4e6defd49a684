import type { FastifyInstance } from 'fastify'
import { version } from '../lib/version.ts'
import type { DatabaseStatus } from '../projects/database-health.ts'
import { sendError } from './error-handler.ts'
import { HttpError } from './http-errors.ts'
import type { Readiness } from './readiness.ts'

export interface Health {
  readonly readiness: Readiness
  /** The state of the project database, if there is one. For information only, because no event depends on it. */
  readonly databaseStatus: (() => DatabaseStatus) | undefined
  /** Why events may be less safe than they should be. */
  readonly storeWarnings: () => readonly string[]
}

/**
 * Adds `GET /healthz`, which shows that the process is up, and `GET /readyz`, which shows whether it can store events
 * right now.
 */
export function addHealthRoutes(app: FastifyInstance, { readiness, databaseStatus, storeWarnings }: Health): void {
  app.get('/healthz', async () => ({ status: 'ok', version }))

  app.get('/readyz', async (_request, reply) => {
    if (readiness.isDraining) return sendError(reply, new HttpError('shuttingDown', 'shutting down'))
    const reason = await readiness.check()
    if (reason !== undefined)
      return sendError(reply, new HttpError('unavailable', 'not ready', { publicReason: reason }))
    const warnings = storeWarnings()
    return {
      status: 'ready',
      ...(databaseStatus && { database: databaseStatus() }),
      ...(warnings.length > 0 && { warnings }),
    }
  })
}
