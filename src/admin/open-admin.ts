import type { EventStore } from '../event-store/event-store.ts'
import { eventTypes } from '../events/schemas.ts'
import { type CloseLimits, closeGracefully } from '../http/close-gracefully.ts'
import type { Health } from '../http/health.ts'
import { httpErrors } from '../http/http-errors.ts'
import type { HttpLimits, HttpServerOptions } from '../http/http-server.ts'
import { type Listener, listen } from '../http/listen.ts'
import { createDiskSpaceProbe } from '../lib/disk-space.ts'
import { version } from '../lib/version.ts'
import { createTelemetry, type Telemetry } from '../telemetry.ts'
import { buildAdminApp } from './admin-app.ts'
import { createMetrics } from './metrics/metrics.ts'

export interface AdminLimits extends HttpLimits {
  readonly maxAdminConnections: number
  /** How long a scrape waits for the disk, in milliseconds. */
  readonly diskTimeout: number
  readonly close: CloseLimits
}

export interface AdminOptions {
  readonly host: string
  readonly port: number
  /** Undefined if events are not stored in files. */
  readonly logDir: string | undefined
  readonly telemetry: Telemetry
  readonly health: Health
  readonly eventStore: Pick<EventStore, 'queuedBytes'>
  /** The names of the reply rules in effect. */
  readonly currentRules: () => readonly string[]
  readonly limits: AdminLimits
  /** Serves HTTPS instead of HTTP. */
  readonly certificate: HttpServerOptions['certificate']
}

/** Opens the private listener. @throws ListenError */
export async function openAdmin(options: AdminOptions): Promise<Listener> {
  const { host, port, logDir, telemetry, health, eventStore, limits, certificate } = options
  const { databaseStatus } = health
  const metrics = createMetrics({
    telemetry,
    version,
    labels: { eventTypes, errorKinds: Object.keys(httpErrors) },
    currentRules: options.currentRules,
    store: {
      isReady: () => health.readiness.isReady(),
      queuedBytes: () => eventStore.queuedBytes,
      diskSpace: logDir === undefined ? undefined : createDiskSpaceProbe(logDir, limits.diskTimeout),
    },
    isDatabaseUp: databaseStatus && (() => databaseStatus() === 'ok'),
    certificateExpiry: certificate && (() => certificate.expires),
  })
  const app = buildAdminApp({
    health,
    metrics,
    telemetry: separateTelemetry(telemetry),
    trustProxy: false,
    maxConnections: limits.maxAdminConnections,
    limits,
    certificate,
  })
  const names = { host: 'ADMIN_HOST', port: 'ADMIN_PORT' }
  const onListening = (url: string) => void telemetry.emit('adminListening', { url })
  const listener = await listen(app.fastify, { host, port, names, safeHost: '127.0.0.1', onListening })
  return {
    port: listener.port,
    close: async () => void (await closeGracefully(app, listener, limits.close)),
  }
}

/** Keeps what this listener rejects out of the webhook's metrics. */
function separateTelemetry(telemetry: Telemetry): Telemetry {
  const own = createTelemetry()
  own.on('requestRejected', (rejection) => telemetry.emit('adminRequestRejected', rejection))
  own.on('connectionRejected', () => telemetry.emit('adminConnectionRejected'))
  return own
}
