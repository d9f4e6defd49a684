import { METHODS } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Telemetry } from '../telemetry.ts'
import { Connections } from './connections.ts'
import { handleError } from './error-handler.ts'
import { HttpError } from './http-errors.ts'
import type { LiveCertificate } from './live-certificate.ts'
import { checkProtocol, handleClientError } from './protocol-errors.ts'
import { createRequestIds, REQUEST_ID_HEADER } from './request-ids.ts'

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

export interface HttpServerOptions {
  readonly trustProxy: readonly string[] | false
  readonly limits: HttpLimits
  /** Concurrent connections. Any more are closed immediately. */
  readonly maxConnections: number
  readonly telemetry: Telemetry
  /** Serves HTTPS instead of HTTP. */
  readonly certificate?: LiveCertificate | undefined
}

export interface HttpServer {
  readonly fastify: FastifyInstance
  readonly connections: Connections
}

/**
 * Creates a server without routes that does not listen yet. It applies the limits, and rejects what is not proper HTTP
 * and what has no route as the error contract defines.
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { limits, telemetry, certificate } = options
  const createRequestId = createRequestIds()
  const protocol = {
    headersTimeout: limits.headersTimeout,
    connectionsCheckingInterval: limits.connectionsCheckingInterval,
    maxHeaderSize: limits.maxHeaderSize,
    requireHostHeader: false,
  }

  const fastify: FastifyInstance = Fastify({
    // Everything worth logging is telemetry.
    genReqId: createRequestId,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustProxy && [...options.trustProxy],
    // Requests that arrive during shutdown are served like any other, and then their connections are closed.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionTimeout: limits.connectionTimeout,
    // To Fastify's types, an HTTPS server is another class.
    ...((certificate ? { https: { ...protocol, ...certificate.serverOptions } } : { http: protocol }) as {
      http: object
    }),
    clientErrorHandler: (error, socket) =>
      handleClientError(error, socket, { connections, telemetry, createRequestId }),
    // For a path that cannot be decoded. No hook runs.
    frameworkErrors: (error, request, reply) => {
      reply.header(REQUEST_ID_HEADER, request.id)
      handleError(new HttpError('notFound', error.code), request, reply, telemetry)
    },
  })
  const connections = new Connections(fastify.server, options.maxConnections, () =>
    telemetry.emit('connectionRejected'),
  )
  certificate?.attach(fastify.server as unknown as HttpsServer)
  // maxHeaderSize already bounds their number. Node's default of 1,000 drops the rest, such as a second Authorization.
  fastify.server.maxHeadersCount = 0

  // On close, Node.js would destroy idle connections at once, and with them a request that is already on the wire.
  // Connections.closeIdle does that a moment later.
  fastify.server.closeIdleConnections = () => {}
  fastify.addHook('preClose', async () => connections.closeAfterResponses())
  // Declare every method as one without a body, so that nothing is read or parsed before the token is checked.
  for (const method of METHODS) fastify.addHttpMethod(method, { overrideExisting: true })
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header(REQUEST_ID_HEADER, request.id)
    done()
  })
  checkProtocol(fastify, { connections, telemetry, createRequestId })
  fastify.setErrorHandler((error, request, reply) => handleError(error, request, reply, telemetry))
  fastify.setNotFoundHandler(() => {
    throw new HttpError('notFound', 'no such path')
  })
  return { fastify, connections }
}
