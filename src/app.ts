import { METHODS } from 'node:http'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { httpLimits } from './config/limits.ts'
import { StoreUnavailableError } from './event-store/event-store.ts'
import type { Services } from './handlers/handler.ts'
import { Connections } from './http/connections.ts'
import { addHealth } from './http/health.ts'
import { answerClientError, checkProtocol } from './http/protocol-errors.ts'
import { Refusal, type RefusalKind, refusals } from './http/refusals.ts'
import type { DatabaseStatus } from './projects/database-health.ts'
import { ClientGoneError } from './webhook/read-body.ts'
import { addWebhook, clientIp } from './webhook/route.ts'

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
  /** Connections at a time; what comes beyond is turned away at once. */
  readonly maxConnections: number
}

export interface App {
  readonly fastify: FastifyInstance
  readonly connections: Connections
}

/** Builds the service. It listens to nothing yet. */
export function buildApp(options: AppOptions): App {
  const { logger, services } = options
  const onRefused = (kind: RefusalKind, reason: string) => logRefusal(logger, kind, reason)

  const fastify: FastifyInstance = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustProxy && [...options.trustProxy],
    // While closing, requests that still come are served like any other, and their connections end.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    requestTimeout: httpLimits.requestTimeout,
    keepAliveTimeout: httpLimits.keepAliveTimeout,
    connectionTimeout: httpLimits.connectionTimeout,
    http: {
      headersTimeout: httpLimits.headersTimeout,
      connectionsCheckingInterval: httpLimits.connectionsCheckingInterval,
      maxHeaderSize: httpLimits.maxHeaderSize,
      requireHostHeader: false,
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, connections, onRefused),
    frameworkErrors: (error, _request, reply) => refuse(reply, new Refusal('notFound', error.code)),
  })
  const connections = new Connections(fastify.server, options.maxConnections, () =>
    logger.warn('a connection was turned away: there are too many'),
  )
  // 8 KiB of headers bound their number. Node's own limit of 1,000 hides the rest, a second Authorization too.
  fastify.server.maxHeadersCount = 0

  // Fastify closes the connection after each request that arrives from then on; those in flight need it said.
  fastify.addHook('preClose', async () => connections.closeAfterAnswers())
  // For Fastify no method has a body, so whatever its type, nothing is read before the guard has passed.
  for (const method of METHODS) fastify.addHttpMethod(method, { overrideExisting: true })
  checkProtocol(fastify, connections, onRefused)
  fastify.setErrorHandler((error, request, reply) => answerError(error, request, reply))
  fastify.setNotFoundHandler(() => {
    throw new Refusal('notFound', 'no such path')
  })

  addHealth(fastify, services.eventStore, options.databaseStatus)
  addWebhook(fastify, { path: options.webhookPath, tokens: options.tokens, bodyLimit: options.bodyLimit, services })
  return { fastify, connections }
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  if (error instanceof ClientGoneError) {
    request.log.info({ client_ip: clientIp(request) }, 'the client went away before its request was complete')
    reply.hijack()
    request.raw.destroy()
    return undefined
  }
  const refusal = toRefusal(error)
  logRefusal(request.log, refusal.kind, refusal.message, { client_ip: clientIp(request), err: refusal.cause })
  return refuse(reply, refusal)
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof StoreUnavailableError) {
    const doubt = error.mayBeStored ? ' (the event may have been stored)' : ''
    return new Refusal('unavailable', error.message + doubt, { cause: error.cause })
  }
  return new Refusal('internal', 'unforeseen', { cause: error })
}

function refuse(reply: FastifyReply, { answer, body }: Refusal): FastifyReply {
  // Whoever waits for "100 Continue" will not send the body now: the connection cannot be used again.
  if (reply.request.headers.expect !== undefined) reply.header('connection', 'close')
  return reply
    .code(answer.status)
    .headers(answer.headers ?? {})
    .send(body)
}

function logRefusal(logger: FastifyBaseLogger, kind: RefusalKind, reason: string, more: object = {}): void {
  const { status, error } = refusals[kind]
  logger[status >= 500 ? 'error' : 'warn']({ status, error, reason, ...more }, 'request refused')
}
