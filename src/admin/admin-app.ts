import type { Registry } from 'prom-client'
import { addHealthRoutes, type Health } from '../http/health.ts'
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../http/http-server.ts'

export interface AdminAppOptions extends HttpServerOptions {
  readonly health: Health
  readonly metrics: Registry
}

/** Builds the app of the private listener, without listening. It has no authentication. */
export function buildAdminApp({ health, metrics, ...server }: AdminAppOptions): HttpServer {
  const app = createHttpServer(server)
  addHealthRoutes(app.fastify, health)
  // Shared, so that many requests at once cannot keep the event loop busy.
  let scrape: Promise<string> | undefined
  app.fastify.get('/metrics', async (_request, reply) => {
    reply.type(metrics.contentType)
    scrape ??= metrics.metrics().finally(() => {
      scrape = undefined
    })
    return scrape
  })
  return app
}
