import { METHODS } from 'node:http'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Services } from './handlers/handler.ts'
import { Connections } from './http/connections.ts'
import { handleError } from './http/error-handler.ts'
import { addHealthRoutes } from './http/health.ts'
import { HttpError } from './http/http-errors.ts'
import { checkProtocol, handleClientError } from './http/protocol-errors.ts'
import type { DatabaseStatus } from './projects/database-health.ts'
import { addWebhookRoute } from './webhook/route.ts'

/** Times are in milliseconds. */
export interface HttpLimits {
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  readonly connectionTimeout: number
  readonly connectionsCheckingInterval: number
  /** Bytes. */
  readonly maxHeaderSize: number
}

export interface AppOptions {
  readonly webhookPath: string
  readonly tokens: readonly string[]
  /** Bytes. */
  readonly bodyLimit: number
  readonly trustProxy: readonly string[] | false
  readonly services: Services
  /** The state of the project database, if there is one. */
  readonly databaseStatus: (() => DatabaseStatus) | undefined
  readonly logger: FastifyBaseLogger
  readonly limits: HttpLimits
  /** Concurrent connections. Any more are closed immediately. */
  readonly maxConnections: number
}

export interface App {
  readonly fastify: FastifyInstance
  readonly connections: Connections
}

/** Builds the app, without listening. */
export function buildApp(options: AppOptions): App {
  const { logger, services, limits } = options
  const { telemetry } = services

  const fastify: FastifyInstance = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustProxy && [...options.trustProxy],
    // Requests that arrive during shutdown are served like any other, and then their connections are closed.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionTimeout: limits.connectionTimeout,
    http: {
      headersTimeout: limits.headersTimeout,
      connectionsCheckingInterval: limits.connectionsCheckingInterval,
      maxHeaderSize: limits.maxHeaderSize,
      requireHostHeader: false,
    },
    clientErrorHandler: (error, socket) => handleClientError(error, socket, connections, telemetry),
    frameworkErrors: (error, request, reply) =>
      void handleError(new HttpError('notFound', error.code), request, reply, telemetry),
  })
  const connections = new Connections(fastify.server, options.maxConnections, () =>
    telemetry.emit('connectionRejected'),
  )
  // maxHeaderSize already bounds their number. Node's default of 1,000 drops the rest, such as a second Authorization.
  fastify.server.maxHeadersCount = 0

  // Fastify closes the connection of each request that arrives from now on; in-flight requests need the header.
  fastify.addHook('preClose', async () => connections.closeAfterResponses())
  // Declare every method as one without a body, so that nothing is read or parsed before the token is checked.
  for (const method of METHODS) fastify.addHttpMethod(method, { overrideExisting: true })
  checkProtocol(fastify, connections, telemetry)
  fastify.setErrorHandler((error, request, reply) => handleError(error, request, reply, telemetry))
  fastify.setNotFoundHandler(() => {
    throw new HttpError('notFound', 'no such path')
  })

  addHealthRoutes(fastify, services.eventStore, options.databaseStatus)
  addWebhookRoute(fastify, {
    path: options.webhookPath,
    tokens: options.tokens,
    bodyLimit: options.bodyLimit,
    services,
  })
  return { fastify, connections }
}
