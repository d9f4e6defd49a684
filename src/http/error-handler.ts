import type { FastifyReply, FastifyRequest } from 'fastify'
import { StoreUnavailableError } from '../event-store/event-store.ts'
import { printableLine } from '../lib/printable.ts'
import type { Telemetry } from '../telemetry.ts'
import { clientIp } from './client-ip.ts'
import { HttpError } from './http-errors.ts'

/** Logged characters of a path. */
const MAX_PATH_LENGTH = 200

/** The client closed the connection before its request was complete, so there is nobody to respond to. */
export class ClientDisconnectedError extends Error {
  override readonly name = 'ClientDisconnectedError'
}

/** Turns an error from a hook or a handler into the response that the error contract defines. */
export function handleError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  telemetry: Telemetry,
): FastifyReply | undefined {
  const from = { requestId: request.id, clientIp: clientIp(request) }
  if (error instanceof ClientDisconnectedError) {
    telemetry.emit('requestAborted', from)
    reply.hijack()
    request.raw.destroy()
    return undefined
  }
  const httpError = toHttpError(error)
  const { kind, response, message: reason, cause } = httpError
  telemetry.emit('requestRejected', {
    ...from,
    kind,
    status: response.status,
    error: response.error,
    reason,
    cause,
    durationMs: reply.elapsedTime,
    ...(kind === 'notFound' && { path: pathOf(request) }),
  })
  return sendError(reply, httpError)
}

/**
 * @returns the path on one line that executes nothing, without what may contain secrets: the query, and the authority of
 *   an absolute-form target (RFC 9112, section 3.2.2)
 */
function pathOf({ raw: { url = '' } }: FastifyRequest): string {
  const [target = ''] = url.split('?', 1)
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/(?:.*@)?[^/]*/i, '') || '/'
  return printableLine(path, MAX_PATH_LENGTH).replace(/[<>&]/g, encodeURIComponent)
}

function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof StoreUnavailableError) {
    const doubt = error.mayBeStored ? ' (the event may have been stored)' : ''
    return new HttpError('unavailable', error.message + doubt, { cause: error.cause })
  }
  return new HttpError('internal', 'unexpected error', { cause: error })
}

/** Sends the response of a rejected request. */
export function sendError(reply: FastifyReply, { response, body }: HttpError): FastifyReply {
  // A client that waits for "100 Continue" will not send the body now, so the connection cannot be reused.
  if (reply.request.headers.expect !== undefined) reply.header('connection', 'close')
  return reply
    .code(response.status)
    .headers(response.headers ?? {})
    .send(body)
}
