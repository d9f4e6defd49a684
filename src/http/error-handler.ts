import type { FastifyReply, FastifyRequest } from 'fastify'
import { StoreUnavailableError } from '../event-store/event-store.ts'
import type { Telemetry } from '../telemetry.ts'
import { clientIp } from './client-ip.ts'
import { HttpError } from './http-errors.ts'

/** The client closed the connection before its request was complete: there is nobody to answer. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'
}

/** Mutex whatever a hook or a handler throws into the answer that the error contract demands. */
export function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  telemetry: Telemetry,
): FastifyReply | undefined {
  const from = { requestId: request.id, clientIp: clientIp(request) }
  if (error instanceof ClientGoneError) {
    telemetry.emit('requestAborted', from)
    reply.hijack()
    request.raw.destroy()
    return undefined
  }
  const httpError = toHttpError(error)
  const { response, message: reason, cause } = httpError
  telemetry.emit('requestRejected', { ...from, status: response.status, error: response.error, reason, cause })
  return refuse(reply, httpError)
}

function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof StoreUnavailableError) {
    const doubt = error.mayBeStored ? ' (the event may have been stored)' : ''
    return new HttpError('unavailable', error.message + doubt, { cause: error.cause })
  }
  return new HttpError('internal', 'unforeseen', { cause: error })
}

function refuse(reply: FastifyReply, { response, body }: HttpError): FastifyReply {
  // Whoever waits for "100 Continue" will not send the body now: the connection cannot be used again.
  if (reply.request.headers.expect !== undefined) reply.header('connection', 'close')
  return reply
    .code(response.status)
    .headers(response.headers ?? {})
    .send(body)
}
