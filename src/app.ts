import { METHODS } from 'node:http'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Services } from './handlers/handler.ts'
import { Connections } from './http/connections.ts'
import { answerError } from './http/error-handler.ts'
import { addHealth } from './http/health.ts'
import { HttpError } from './http/http-errors.ts'
import { answerClientError, checkProtocol } from './http/protocol-errors.ts'
import type { DatabaseStatus } from './projects/database-health.ts'
import { addWebhook } from './webhook/route.ts'

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
  /** How the project database is, if there is one. */
  readonly databaseStatus: (() => DatabaseStatus) | undefined
  readonly logger: FastifyBaseLogger
  readonly limits: HttpLimits
  /** Connections at a time; what comes beyond is turned away at once. */
  readonly maxConnections: number
}

export interface App {
  readonly fastify: FastifyInstance
  readonly connections: Connections
}

/** Builds the service. It listens to nothing yet. */
export function buildApp(options: AppOptions): App {
  const { logger, services, limits } = options
  const { telemetry } = services

  const fastify: FastifyInstance = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustProxy && [...options.trustProxy],
    // While closing, requests that still come are served like any other, and their connections end.
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
    clientErrorHandler: (error, socket) => answerClientError(error, socket, connections, telemetry),
    frameworkErrors: (error, request, reply) =>
      void answerError(new HttpError('notFound', error.code), request, reply, telemetry),
  })
  const connections = new Connections(fastify.server, options.maxConnections, () =>
    telemetry.emit('connectionRejected'),
  )
  // 8 KiB of headers bound their number. Node's own limit of 1,000 hides the rest, a second Authorization too.
  fastify.server.maxHeadersCount = 0

  // Fastify closes the connection after each request that arrives from then on; those in flight need it said.
  fastify.addHook('preClose', async () => connections.closeAfterAnswers())
  // For Fastify no method has a body, so whatever its type, nothing is read before the guard has passed.
  for (const method of METHODS) fastify.addHttpMethod(method, { overrideExisting: true })
  checkProtocol(fastify, connections, telemetry)
  fastify.setErrorHandler((error, request, reply) => answerError(error, request, reply, telemetry))
  fastify.setNotFoundHandler(() => {
    throw new HttpError('notFound', 'no such path')
  })

  addHealth(fastify, services.eventStore, options.databaseStatus)
  addWebhook(fastify, { path: options.webhookPath, tokens: options.tokens, bodyLimit: options.bodyLimit, services })
  return { fastify, connections }
}
