import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { errorCode } from '../lib/errors.ts'
import type { Telemetry } from '../telemetry.ts'
import type { Connections } from './connections.ts'
import { type ErrorResponse, HttpError, type HttpErrorKind, httpErrors } from './http-errors.ts'
import { headerValues } from './raw-headers.ts'
import { REQUEST_ID_HEADER } from './request-ids.ts'

/** The responses to requests that Node.js rejects while parsing, by its error code. */
const KIND_OF_CODE: Readonly<Record<string, HttpErrorKind>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'requestTimeout',
  HPE_HEADER_OVERFLOW: 'headersTooLarge',
}

const NOT_HTTP = 'not an HTTP request (HPE_INVALID_METHOD)'
const MAY_BE_HTTPS = 'an HTTPS client may be connecting to this HTTP port'

interface Context {
  readonly connections: Connections
  readonly telemetry: Telemetry
  readonly createRequestId: () => string
}

/** Rejects, as the error contract defines, requests that Node.js would pass on or reject in its own way. */
export function checkProtocol(app: FastifyInstance, context: Context): void {
  app.server.on('connect', (_request, socket) => rejectRaw('methodNotAllowed', 'CONNECT', socket, context))
  // "100 Continue" is sent when the body is read, so that clients without a token never send one.
  for (const event of ['checkContinue', 'checkExpectation']) {
    app.server.on(event, (request, response) => app.server.emit('request', request, response))
  }
  app.addHook('onRequest', ({ raw }, reply, done) => {
    context.connections.track(raw, reply.raw)
    const httpError = protocolError(raw)
    // RFC 9110, section 10.1.1: ignore the Expect header of an HTTP/1.0 request.
    if (raw.httpVersion === '1.0') delete raw.headers.expect
    done(httpError)
  })
}

function protocolError(request: IncomingMessage): HttpError | undefined {
  const problem = badRequestReason(request)
  if (problem) return new HttpError('badRequest', problem)
  const { expect } = request.headers
  if (expect === undefined || expect.toLowerCase() === '100-continue') return undefined
  return new HttpError('expectationFailed', 'Expect header other than 100-continue')
}

/** HTTP/1.1 requires exactly one Host header (RFC 9112, section 3.2). */
function badRequestReason({ rawHeaders, httpVersion }: IncomingMessage): string | undefined {
  const hosts = headerValues(rawHeaders, 'host').length
  if (hosts > 1) return 'multiple Host headers'
  return hosts === 0 && httpVersion === '1.1' ? 'no Host header' : undefined
}

/**
 * Rejects a request that could not be parsed or was too slow, if the client still expects a response, and closes the
 * connection.
 */
export function handleClientError(error: Error, socket: Socket, context: Context): void {
  if (!socket.writable || errorCode(error) === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const open = context.connections.open(socket)
  const latest = open.at(-1)
  const unanswered = open.filter(({ request, response }) => request.complete && !response.writableFinished).at(-1)
  if (unanswered) {
    // The error is in the bytes after a request that is still being handled: send that response first.
    unanswered.response.once('finish', () => rejectOnSocket(error, socket, context))
  } else if (latest?.response.writableEnded) {
    // The error is in the rest of a request that was answered before it was complete.
    socket.destroy()
  } else {
    rejectOnSocket(error, socket, context)
  }
}

function rejectOnSocket(error: Error, socket: Duplex, context: Context): void {
  const code = errorCode(error) ?? 'unknown'
  rejectRaw(KIND_OF_CODE[code] ?? 'badRequest', reasonFor(code, socket), socket, context)
}

function reasonFor(code: string, socket: Duplex): string {
  if (code !== 'HPE_INVALID_METHOD') return code
  return 'encrypted' in socket ? NOT_HTTP : `${NOT_HTTP}: ${MAY_BE_HTTPS}`
}

function rejectRaw(kind: HttpErrorKind, reason: string, socket: Duplex, context: Context): void {
  // Node.js has removed its own listener. Without one, a connection reset would crash the process.
  socket.on('error', () => socket.destroy())
  const { status, error, headers = {} }: ErrorResponse = httpErrors[kind]
  const requestId = context.createRequestId()
  context.telemetry.emit('requestRejected', { requestId, kind, status, error, reason })
  const body = JSON.stringify({ error })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `${REQUEST_ID_HEADER}: ${requestId}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
