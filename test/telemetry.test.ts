/** Every event, rejection and failure is emitted once, with its numbers. Subscribers are optional. */
import { expect, test } from 'vitest'
import { StoreUnavailableError } from '../src/event-store/event-store.ts'
import { createTelemetry, type TelemetryMap } from '../src/telemetry.ts'
import { buildTestApp, emptyEventStore } from './support/app.ts'
import { openTestEventStore, uniqueEntry } from './support/event-store.ts'

const MESSAGE = { event_type: 'on_message_received', message: 'Hi', timestamp: '2026-03-29T03:30:00Z' }
const AUTHORIZATION = { authorization: 'Bearer a-token' }

/** Creates telemetry, and records what is emitted. */
function recordTelemetry() {
  const telemetry = createTelemetry()
  const emitted: (readonly [name: keyof TelemetryMap, payload: object])[] = []
  const record = (name: keyof TelemetryMap) =>
    telemetry.on(name, (...[payload = {}]: object[]) => emitted.push([name, payload]))
  const names = ['eventStored', 'eventReplayed', 'requestRejected', 'batchWritten', 'storingFailed'] as const
  for (const name of names) record(name)
  return { telemetry, emitted }
}

function post(app: ReturnType<typeof buildTestApp>, body: object, headers: Record<string, string> = AUTHORIZATION) {
  return app.fastify.inject({ method: 'POST', url: '/webhook', headers, body: JSON.stringify(body) })
}

test.for(['stored', 'replayed'] as const)('an event that is %s', async (result) => {
  const { telemetry, emitted } = recordTelemetry()
  const eventStore = { ...emptyEventStore, append: async () => result }
  const applyRules = () => ({ reply: { status: 'success' as const, action: 'skip' as const }, rules: ['a rule'] })
  await post(buildTestApp({ services: { telemetry, eventStore, applyRules } }), MESSAGE)
  const name = result === 'stored' ? 'eventStored' : 'eventReplayed'
  expect(emitted).toEqual([
    [
      name,
      {
        requestId: expect.stringMatching(/^[0-9a-f]{16}-1$/),
        type: 'on_message_received',
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        action: 'skip',
        rules: ['a rule'],
        durationMs: expect.any(Number),
      },
    ],
  ])
})

test('requests rejected by the token check, the schema, the router and the store', async () => {
  const { telemetry, emitted } = recordTelemetry()
  const cause = new Error('ENOSPC')
  const append = async ({ kind }: { kind: string }) => {
    if (kind === 'rejected') return 'stored' as const
    throw new StoreUnavailableError('a.jsonl: cannot be written', { cause })
  }
  const app = buildTestApp({ services: { telemetry, eventStore: { ...emptyEventStore, append } } })
  await post(app, MESSAGE, {})
  await post(app, { event_type: 'on_ticket_created' })
  await app.fastify.inject({ url: '/nowhere' })
  await app.fastify.inject({ url: '/%' })
  await post(app, MESSAGE)
  const from = { clientIp: '127.0.0.1', requestId: expect.any(String) }
  expect(emitted.map(([name, payload]) => ({ name, ...payload }))).toMatchObject([
    { ...from, name: 'requestRejected', status: 401, error: 'Unauthorized', reason: 'no Authorization header' },
    { ...from, name: 'requestRejected', status: 400, error: 'Missing required fields' },
    { ...from, name: 'requestRejected', kind: 'notFound', status: 404, error: 'Not found', path: '/nowhere' },
    { ...from, name: 'requestRejected', kind: 'notFound', status: 404, error: 'Not found', path: '/%' },
    { ...from, name: 'requestRejected', status: 503, reason: 'a.jsonl: cannot be written', cause },
  ])
})

test('a batch, with its lines and bytes', async () => {
  const { telemetry, emitted } = recordTelemetry()
  const { eventStore } = await openTestEventStore({ telemetry })
  const entries = [uniqueEntry(), uniqueEntry()]
  await Promise.all(entries.map((entry) => eventStore.append(entry)))
  const bytes = entries.reduce((sum, { record }) => sum + JSON.stringify(record).length + 1, 0)
  expect(emitted).toEqual([['batchWritten', { file: 'a.jsonl', lines: 2, bytes, durationMs: expect.any(Number) }]])
})

test('without a subscriber', async () => {
  expect((await post(buildTestApp(), MESSAGE)).statusCode).toBe(200)
  expect((await post(buildTestApp(), MESSAGE, {})).statusCode).toBe(401)
})
