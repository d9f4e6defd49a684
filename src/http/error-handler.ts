import type { FastifyReply, FastifyRequest } from 'fastify'
import { StoreUnavailableError } from '../event-store/event-store.ts'
import type { Telemetry } from '../telemetry.ts'
import { clientIp } from './client-ip.ts'
import { Refusal } from './refusals.ts'

/** The client closed the connection before its request was complete: there is nobody to answer. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'
}

/** Turns whatever a hook or a handler throws into the answer that the error contract demands. */
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
  const refusal = toRefusal(error)
  const { answer, message: reason, cause } = refusal
  telemetry.emit('requestRejected', { ...from, status: answer.status, error: answer.error, reason, cause })
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
