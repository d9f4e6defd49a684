import { METHODS } from 'node:http'
import { isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { identify } from '../events/identity.ts'
import type { Arrival, Outcome, Services } from '../handlers/handler.ts'
import { dispatch } from '../handlers/index.ts'
import { Refusal } from '../http/refusals.ts'
import { createBearerTokenCheck } from './authenticate.ts'
import { decode } from './decode.ts'
import { readBody } from './read-body.ts'
import { storeRejected } from './rejected-log.ts'

export interface WebhookOptions {
  readonly path: string
  readonly tokens: readonly string[]
  /** Bytes. */
  readonly bodyLimit: number
  readonly services: Services
}

/** Adds the webhook: authenticate, read, decode, dispatch, answer. Refusals are thrown to the app's error handler. */
export function addWebhook(app: FastifyInstance, { path, tokens, bodyLimit, services }: WebhookOptions): void {
  const checkBearerToken = createBearerTokenCheck(tokens)
  app.post(path, {
    preHandler: (request, _reply, done) => {
      const problem = checkBearerToken(request.raw.rawHeaders)
      done(problem === undefined ? undefined : new Refusal('unauthorized', problem))
    },
    handler: async (request, reply) => {
      const startedAt = performance.now()
      const arrival = { receivedAt: new Date(), clientIp: clientIp(request) }
      const body = await readBody(request.raw, reply.raw, bodyLimit)
      const { event, identity } = await decodeOrKeep(body, arrival, services)
      const outcome = await dispatch(event.event_type, { event, identity, arrival }, services)
      if (outcome.result === 'replayed') reply.header('idempotent-replayed', 'true')
      logEvent(request, event.event_type, identity.eventId, outcome, performance.now() - startedAt)
      const { status, action, response } = outcome.reply
      return { status, action, response }
    },
  })
  refuseOtherMethods(app, path)
}

/** Answers every other method on the path, in whatever spelling the router maps to it. */
function refuseOtherMethods(app: FastifyInstance, path: string): void {
  app.route({
    method: METHODS.filter((method) => method !== 'POST'),
    url: path,
    exposeHeadRoute: false,
    handler: async ({ method }) => {
      throw new Refusal('methodNotAllowed', `${method} instead of POST`)
    },
  })
}

/** Decodes a body; one that is refused is kept before its sender hears so. */
async function decodeOrKeep(body: Buffer, arrival: Arrival, services: Services) {
  try {
    const event = decode(body)
    return { event, identity: identify(body, event) }
  } catch (error) {
    if (error instanceof Refusal) await storeRejected(services, { body, refusal: error, arrival })
    throw error
  }
}

function logEvent(
  request: FastifyRequest,
  event_type: string,
  event_id: string,
  { reply, rules, result }: Outcome,
  duration: number,
): void {
  request.log.info(
    { event_type, event_id, action: reply.action ?? 'none', rules, duration_ms: Math.round(duration * 100) / 100 },
    result === 'stored' ? 'event stored' : 'event delivered again: answered, not stored twice',
  )
}

/** The sender's address. A proxy may pass on what a stranger wrote into X-Forwarded-For: only an address counts. */
export function clientIp(request: FastifyRequest): string {
  const address = isIP(request.ip) ? request.ip : (request.raw.socket.remoteAddress ?? 'unknown')
  return address.replace(/^::ffff:(?=\d+\.)/, '')
}
