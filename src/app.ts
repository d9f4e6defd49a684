import type { Services } from './handlers/handler.ts'
import { addHealthRoutes, type Health } from './http/health.ts'
import { createHttpServer, type HttpServer, type HttpServerOptions } from './http/http-server.ts'
import type { AcceptedTokens } from './webhook/authenticate.ts'
import { addWebhookRoute } from './webhook/route.ts'

export interface AppOptions extends Omit<HttpServerOptions, 'telemetry'> {
  readonly webhookPath: string
  /** The tokens that are accepted now: the same object until they change. */
  readonly tokens: () => AcceptedTokens
  /** Bytes. */
  readonly bodyLimit: number
  readonly services: Services
  readonly health: Health
}

/** Builds the webhook's app, without listening. */
export function buildApp({ webhookPath, tokens, bodyLimit, services, health, ...server }: AppOptions): HttpServer {
  const app = createHttpServer({ ...server, telemetry: services.telemetry })
  addHealthRoutes(app.fastify, health)
  addWebhookRoute(app.fastify, { path: webhookPath, tokens, bodyLimit, services })
  return app
}
