import { onTestFinished } from 'vitest'
import { type AppOptions, buildApp } from '../../src/app.ts'
import { httpLimits } from '../../src/config/limits.ts'
import type { EventStore } from '../../src/event-store/event-store.ts'
import type { RecordKind } from '../../src/handlers/handler.ts'
import type { HttpServer } from '../../src/http/http-server.ts'
import { Readiness } from '../../src/http/readiness.ts'
import { createTelemetry } from '../../src/telemetry.ts'

/** An event store that stores nothing. */
export const emptyEventStore: EventStore<RecordKind> = {
  append: async () => 'stored',
  openReader: () => Promise.reject(new Error('this store holds nothing')),
  queuedBytes: 0,
  checkReady: async () => {},
  close: async () => {},
  giveUp: () => {},
}

type TestAppOptions = Partial<Omit<AppOptions, 'services'>> & { readonly services?: Partial<AppOptions['services']> }

/** Builds the app without files or reply rules. It accepts the token `a-token`. */
export function buildTestApp({ services, ...options }: TestAppOptions = {}): HttpServer {
  const tokens = { current: 'a-token', previous: undefined }
  const telemetry = createTelemetry()
  const app = buildApp({
    webhookPath: '/webhook',
    tokens: () => tokens,
    bodyLimit: 1000,
    trustProxy: false,
    maxConnections: 100,
    health: {
      readiness: new Readiness(services?.eventStore ?? emptyEventStore, services?.telemetry ?? telemetry),
      databaseStatus: undefined,
      storeWarnings: () => [],
    },
    limits: httpLimits,
    services: {
      eventStore: emptyEventStore,
      applyRules: () => ({ reply: { status: 'success' }, rules: [] }),
      projects: { nameOf: async () => undefined },
      telemetry,
      environment: 'testing',
      ...services,
    },
    ...options,
  })
  onTestFinished(() => app.fastify.close())
  return app
}
