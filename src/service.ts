import { buildApp } from './app.ts'
import type { Config } from './config/config.ts'
import { databaseLimits, eventStoreLimits, httpLimits, repliesFileLimits, shutdownLimits } from './config/limits.ts'
import { nodeFileOperations } from './event-store/files/file-operations.ts'
import { openFileEventStore } from './event-store/files/open-file-event-store.ts'
import { isRepeatableId } from './events/identity.ts'
import { eventTypes } from './events/schemas.ts'
import { logFiles } from './handlers/index.ts'
import { type Listener, listen } from './http/listen.ts'
import { Readiness } from './http/readiness.ts'
import { ExplainedError, explainSystemError } from './lib/errors.ts'
import { openFilesLimit } from './lib/open-files.ts'
import { DatabaseNames } from './projects/database-names.ts'
import { firstKnown, projectNamesFromMap } from './projects/project-names.ts'
import { WorkerDatabase } from './projects/worker-database.ts'
import { loadReplies } from './replies/live-replies.ts'
import { applyRules } from './replies/replies.ts'
import type { Telemetry } from './telemetry.ts'

/** The service cannot listen. The message tells the operator why, and what to do. */
export class ListenError extends ExplainedError {
  override readonly name = 'ListenError'
}

export interface Service {
  readonly port: number
  /** Finishes the in-flight requests, then releases all resources. */
  close(): Promise<void>
}

/**
 * Opens the event store and listens. After `storeBroken` and `lockLost`, the process must close the service and exit
 * with an error.
 *
 * @throws RepliesFileError, StoreStartError, ListenError
 */
export async function startService(config: Config, telemetry: Telemetry): Promise<Service> {
  const replies = await loadReplies(config.repliesFile, repliesFileLimits, telemetry)
  const eventStore = await openFileEventStore({
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
  const database = await openDatabaseNames(config, telemetry)
  const namesFromSettings = projectNamesFromMap(config.botProjects)
  const { fastify, connections } = buildApp({
    webhookPath: config.webhookPath,
    tokens: config.tokens,
    bodyLimit: config.bodyLimit,
    trustProxy: config.trustProxy,
    maxConnections: Math.max(1, Math.min(httpLimits.maxConnections, openFilesLimit() - httpLimits.reservedFiles)),
    limits: httpLimits,
    services: {
      eventStore,
      applyRules: (event) => applyRules(replies.current(), event),
      projects: database ? firstKnown(namesFromSettings, database) : namesFromSettings,
      telemetry,
      environment: config.environment,
    },
    health: {
      readiness: new Readiness(eventStore, telemetry),
      databaseStatus: database && (() => database.status()),
    },
  })
  let listener: Listener
  try {
    const onListening = (url: string) => telemetry.emit('listening', { url: url + config.webhookPath })
    listener = await listen(fastify, { host: config.host, port: config.port, onListening })
  } catch (error) {
    await Promise.all([eventStore.close(), database?.close()])
    throw new ListenError(explainListenError(error, config), { cause: error })
  }
  const stopWatching = replies.watch()

  // The first check reports problems with the database early.
  database?.status()

  return {
    port: listener.port,
    async close() {
      stopWatching()
      const finishedBefore = connections.finished
      let abortedRequests = 0
      const timers = [
        setTimeout(() => connections.closeIdle(), shutdownLimits.closeIdleAfter),
        setTimeout(() => eventStore.giveUp(), shutdownLimits.giveUpAfter),
        setTimeout(() => {
          abortedRequests = connections.pending
          fastify.server.closeAllConnections()
        }, shutdownLimits.closeAllAfter),
      ]
      await Promise.all([fastify.close(), listener.close()])
      await Promise.all([eventStore.close(), database?.close()])
      for (const timer of timers) clearTimeout(timer)
      telemetry.emit('stopped', {
        finishedRequests: connections.finished - finishedBefore,
        abortedRequests,
        uptimeMs: performance.now(),
      })
    },
  }
}

async function openDatabaseNames(config: Config, telemetry: Telemetry): Promise<DatabaseNames | undefined> {
  if (!config.database) return undefined
  const database = new WorkerDatabase(config.database, databaseLimits)
  await database.start()
  return new DatabaseNames(database, databaseLimits, telemetry)
}

function explainListenError(error: unknown, { host, port }: Config): string {
  const notOurs = `HOST: ${host} is not an address of this machine. Set HOST to 0.0.0.0 to listen on all addresses.`
  return explainSystemError(
    error,
    {
      EADDRINUSE: `PORT: ${port} is already in use. Stop the program that uses it, or set PORT to another port.`,
      EACCES: `PORT: this user may not listen on port ${port}. Set PORT to 1024 or higher, and put a proxy in front.`,
      EADDRNOTAVAIL: notOurs,
      ENOTFOUND: notOurs,
    },
    (reason) => `The service cannot listen on ${host}, port ${port}: ${reason}`,
  )
}
