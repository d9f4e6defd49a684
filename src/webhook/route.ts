import { METHODS } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { identify } from '../events/identity.ts'
import type { Arrival, Services } from '../handlers/handler.ts'
import { dispatch } from '../handlers/index.ts'
import { clientIp } from '../http/client-ip.ts'
import { HttpError } from '../http/http-errors.ts'
import { type AcceptedTokens, createBearerTokenCheck } from './authenticate.ts'
import { decode } from './decode.ts'
import { readBody } from './read-body.ts'
import { storeRejected } from './store-rejected.ts'

export interface WebhookOptions {
  readonly path: string
  /** The tokens that are accepted now: the same object until they change. */
  readonly tokens: () => AcceptedTokens
  /** Bytes. */
  readonly bodyLimit: number
  readonly services: Services
}

/** Adds the webhook route: authenticate, read, decode, dispatch, reply. Errors go to the app's error handler. */
export function addWebhookRoute(app: FastifyInstance, { path, tokens, bodyLimit, services }: WebhookOptions): void {
  const checkBearerToken = createBearerTokenCheck(tokens)
  app.post(path, {
    preHandler: (request, _reply, done) => {
      const result = checkBearerToken(request.raw.rawHeaders)
      if ('problem' in result) return done(new HttpError('unauthorized', result.problem))
      services.telemetry.emit('authenticated', result)
      done()
    },
    handler: async (request, reply) => {
      const startedAt = performance.now()
      const arrival = { receivedAt: new Date(), clientIp: clientIp(request) }
      const body = await readBody(request.raw, reply.raw, bodyLimit)
      const { event, identity } = await decodeOrStore(body, arrival, services)
      const outcome = await dispatch(event.event_type, { event, identity, arrival }, services)
      if (outcome.result === 'replayed') reply.header('idempotent-replayed', 'true')
      const { status, action, response } = outcome.reply
      services.telemetry.emit(outcome.result === 'stored' ? 'eventStored' : 'eventReplayed', {
        requestId: request.id,
        type: event.event_type,
        id: identity.eventId,
        action: action ?? 'none',
        rules: outcome.rules,
        durationMs: performance.now() - startedAt,
      })
      return { status, action, response }
    },
  })
  rejectOtherMethods(app, path)
}

/** Rejects every other method on the path, in any spelling that the router maps to it. */
function rejectOtherMethods(app: FastifyInstance, path: string): void {
  app.route({
    method: METHODS.filter((method) => method !== 'POST'),
    url: path,
    exposeHeadRoute: false,
    handler: async ({ method }) => {
      throw new HttpError('methodNotAllowed', `${method} instead of POST`)
    },
  })
}

/** Decodes a body. A rejected one is stored before the error is thrown. */
async function decodeOrStore(body: Buffer, arrival: Arrival, services: Services) {
  try {
    const event = decode(body)
    return { event, identity: identify(body, event) }
  } catch (error) {
    if (error instanceof HttpError) await storeRejected(services, { body, httpError: error, arrival })
    throw error
  }
}
