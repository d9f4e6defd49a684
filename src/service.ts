import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import type { Config } from './config/config.ts'
import {
  adminLimits,
  databaseLimits,
  httpLimits,
  repliesFileLimits,
  settingsFileLimits,
  shutdownLimits,
  tlsLimits,
  tokenUseLimits,
} from './config/limits.ts'
import { liveTokens } from './config/live-tokens.ts'
import { closeGracefully } from './http/close-gracefully.ts'
import type { Health } from './http/health.ts'
import { listenOnInherited } from './http/inherited-socket.ts'
import { type Listener, listen } from './http/listen.ts'
import type { LiveCertificate } from './http/live-certificate.ts'
import { Readiness } from './http/readiness.ts'
import { openFilesLimit } from './lib/open-files.ts'
import { watchAll } from './lib/watch-file.ts'
import { reportTokenUse } from './logging/token-use.ts'
import { openEventStore } from './open-event-store.ts'
import { DatabaseNames } from './projects/database-names.ts'
import { firstKnown, projectNamesFromMap } from './projects/project-names.ts'
import { WorkerDatabase } from './projects/worker-database.ts'
import { loadReplies } from './replies/live-replies.ts'
import { applyRules, ruleNames } from './replies/replies.ts'
import type { Telemetry } from './telemetry.ts'

export interface Service {
  readonly port: number
  /** Reads the watched files now. One that cannot be used changes nothing, and is logged. */
  reload(): Promise<void>
  /** Announces the shutdown in `/readyz` and by closing each connection after its response. Requests are still served. */
  drain(): void
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
  const tokens = liveTokens(config, settingsFileLimits, {
    changed: (change) => telemetry.emit('tokenChanged', change),
    rejected: (message) => telemetry.emit('tokenRejected', { message }),
    doubtful: (warning) => telemetry.emit('settingDoubtful', { warning }),
  })
  if (config.tokens.previous !== undefined) {
    reportTokenUse(telemetry, () => tokens.current().previous !== undefined, tokenUseLimits.reportInterval)
  }
  const storeWarnings: string[] = []
  telemetry.once('failoverUnsafe', ({ warning }) => storeWarnings.push(warning))
  const eventStore = await openEventStore(config, telemetry)
  const database = await openDatabaseNames(config, telemetry)
  const namesFromSettings = projectNamesFromMap(config.botProjects)
  const certificate = await loadCertificate(config, telemetry)
  const readiness = new Readiness(eventStore, telemetry)
  const health: Health = {
    readiness,
    databaseStatus: database && (() => database.status()),
    storeWarnings: () => storeWarnings,
  }
  const app = buildApp({
    webhookPath: config.webhookPath,
    tokens: tokens.current,
    bodyLimit: config.bodyLimit,
    trustProxy: config.trustProxy,
    maxConnections: Math.max(1, Math.min(httpLimits.maxConnections, openFilesLimit() - httpLimits.reservedFiles)),
    limits: httpLimits,
    certificate,
    services: {
      eventStore,
      applyRules: (event) => applyRules(replies.current(), event),
      projects: database ? firstKnown(namesFromSettings, database) : namesFromSettings,
      telemetry,
      environment: config.environment,
    },
    health,
  })
  let admin: Listener | undefined
  let listener: Listener
  try {
    if (config.admin) {
      const { openAdmin } = await import('./admin/open-admin.ts')
      admin = await openAdmin({
        ...config.admin,
        logDir: config.eventStore ? undefined : config.logDir,
        telemetry,
        health,
        eventStore,
        currentRules: () => ruleNames(replies.current()),
        limits: { ...httpLimits, ...adminLimits },
        certificate,
      })
    }
    listener = await listenForWebhooks(app.fastify, config, telemetry)
  } catch (error) {
    await Promise.all([admin?.close(), eventStore.close(), database?.close()])
    throw error
  }
  const files = watchAll([replies, tokens, ...(certificate ? [certificate] : [])])
  const stopWatching = files.watch()

  // The first check reports problems with the database early.
  database?.status()

  return {
    port: listener.port,
    reload: files.reload,
    drain() {
      readiness.drain()
      app.connections.closeAfterResponses()
    },
    async close() {
      stopWatching()
      const giveUp = setTimeout(() => eventStore.giveUp(), shutdownLimits.giveUpAfter)
      const [requests] = await Promise.all([closeGracefully(app, listener, shutdownLimits), admin?.close()])
      await Promise.all([eventStore.close(), database?.close()])
      clearTimeout(giveUp)
      telemetry.emit('stopped', { ...requests, uptimeMs: performance.now() })
    },
  }
}

/** The module is loaded only if TLS is configured. */
async function loadCertificate({ tls }: Config, telemetry: Telemetry): Promise<LiveCertificate | undefined> {
  if (!tls) return undefined
  const { LiveCertificate } = await import('./http/live-certificate.ts')
  return new LiveCertificate(tls, tlsLimits, telemetry)
}

async function openDatabaseNames(config: Config, telemetry: Telemetry): Promise<DatabaseNames | undefined> {
  if (!config.database) return undefined
  const database = new WorkerDatabase(config.database, databaseLimits)
  await database.start()
  return new DatabaseNames(database, databaseLimits, telemetry)
}

/** @throws ListenError */
function listenForWebhooks(fastify: FastifyInstance, config: Config, telemetry: Telemetry): Promise<Listener> {
  const { host, port, inheritedSocket, webhookPath } = config
  const isInherited = inheritedSocket !== undefined
  const onListening = (url: string) => void telemetry.emit('listening', { url: url + webhookPath, isInherited })
  if (isInherited) return listenOnInherited(fastify, inheritedSocket, onListening)
  return listen(fastify, { host, port, names: { host: 'HOST', port: 'PORT' }, safeHost: '0.0.0.0', onListening })
}
