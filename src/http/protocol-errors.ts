import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { errorCode } from '../lib/error-code.ts'
import type { Telemetry } from '../telemetry.ts'
import type { Connections } from './connections.ts'
import { type ErrorResponse, HttpError, type HttpErrorKind, httpErrors } from './http-errors.ts'
import { headerValues } from './raw-headers.ts'

/** What Node.js refuses before there is a request, by its error code. */
const KIND_OF_CODE: Readonly<Record<string, HttpErrorKind>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'requestTimeout',
  HPE_HEADER_OVERFLOW: 'headersTooLarge',
}

/** What the log says of a code that explains nothing by itself. */
const REASONS: Readonly<Record<string, string>> = {
  HPE_INVALID_METHOD: 'this is not HTTP (HPE_INVALID_METHOD); perhaps https was sent to this port, which speaks http',
}

/** Refuses, in the form of the contract, what Node.js would refuse in a form of its own or pass on. */
export function checkProtocol(app: FastifyInstance, connections: Connections, telemetry: Telemetry): void {
  app.server.on('connect', (_request, socket) => rejectRaw('methodNotAllowed', 'CONNECT', socket, telemetry))
  // A client that waits for "100 Continue" gets it when its body is read: strangers never send one.
  for (const event of ['checkContinue', 'checkExpectation']) {
    app.server.on(event, (request, response) => app.server.emit('request', request, response))
  }
  app.addHook('onRequest', ({ raw }, reply, done) => {
    connections.track(raw, reply.raw)
    const httpError = protocolError(raw)
    // RFC 9110, section 10.1.1: a client of HTTP/1.0 does not expect "100 Continue", whatever it says.
    if (raw.httpVersion === '1.0') delete raw.headers.expect
    done(httpError)
  })
}

function protocolError(request: IncomingMessage): HttpError | undefined {
  const problem = badRequestReason(request)
  if (problem) return new HttpError('badRequest', problem)
  const { expect } = request.headers
  if (expect === undefined || expect.toLowerCase() === '100-continue') return undefined
  return new HttpError('expectationFailed', 'an expectation other than 100-continue')
}

/** RFC 9112, section 3.2: exactly one Host. */
function badRequestReason({ rawHeaders, httpVersion }: IncomingMessage): string | undefined {
  const hosts = headerValues(rawHeaders, 'host').length
  if (hosts > 1) return 'several Host headers'
  return hosts === 0 && httpVersion === '1.1' ? 'no Host header' : undefined
}

/** Answers what could not be parsed, or did not come in time, where somebody still waits; then ends the connection. */
export function answerClientError(error: Error, socket: Socket, connections: Connections, telemetry: Telemetry): void {
  if (!socket.writable || errorCode(error) === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const open = connections.open(socket)
  const latest = open.at(-1)
  const unanswered = open.filter(({ request, response }) => request.complete && !response.writableFinished).at(-1)
  if (unanswered) {
    // The error is in what follows a request that is being handled: its answer goes first.
    unanswered.response.once('finish', () => rejectOnSocket(error, socket, telemetry))
  } else if (latest?.response.writableEnded) {
    // The rest of a request that was answered before it was complete.
    socket.destroy()
  } else {
    rejectOnSocket(error, socket, telemetry)
  }
}

function rejectOnSocket(error: Error, socket: Duplex, telemetry: Telemetry): void {
  const code = errorCode(error) ?? 'unknown'
  rejectRaw(KIND_OF_CODE[code] ?? 'badRequest', REASONS[code] ?? code, socket, telemetry)
}

function rejectRaw(kind: HttpErrorKind, reason: string, socket: Duplex, telemetry: Telemetry): void {
  // Node.js has taken its own listener off: without one, a client that resets now would end the process.
  socket.on('error', () => socket.destroy())
  const { status, error, headers = {} }: ErrorResponse = httpErrors[kind]
  telemetry.emit('requestRejected', { status, error, reason })
  const body = JSON.stringify({ error })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
