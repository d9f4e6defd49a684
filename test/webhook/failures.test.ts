/** The responses to internal failures. */
import { expect, test, vi } from 'vitest'
import type { AppOptions } from '../../src/app.ts'
import type { EventStore } from '../../src/event-store/event-store.ts'
import { StoreUnavailableError } from '../../src/event-store/event-store.ts'
import type { RecordKind } from '../../src/handlers/handler.ts'
import { buildTestApp, emptyEventStore } from '../support/app.ts'

const TICKET = JSON.stringify({ event_type: 'on_ticket_created', bot_id: 1, visitor_id: 'v', ticket_number: 'T' })

function post(body: string, services: Partial<AppOptions['services']>) {
  const { fastify } = buildTestApp({ services })
  return fastify.inject({ method: 'POST', url: '/webhook', headers: { authorization: 'Bearer a-token' }, body })
}

const failingStore = (fails: (kind: string) => Error | undefined): EventStore<RecordKind> => ({
  ...emptyEventStore,
  async append({ kind }) {
    const error = fails(kind)
    if (error) throw error
    return 'stored'
  },
})

test('an unexpected error gets a 500, without any internal message', async () => {
  const applyRules = () => {
    throw new Error('an internal message')
  }
  const response = await post(TICKET, { applyRules })
  expect([response.statusCode, response.json()]).toEqual([500, { error: 'Internal server error' }])
})

test('an event that cannot be stored gets a 503 with Retry-After', async () => {
  const response = await post(TICKET, {
    eventStore: failingStore(() => new StoreUnavailableError('tickets.jsonl: full')),
  })
  expect([response.statusCode, response.json()]).toEqual([503, { error: 'Event log unavailable' }])
  expect(response.headers['retry-after']).toMatch(/^\d+$/)
})

test('a rejected body that cannot be stored gets a 503, so that it is sent again', async () => {
  const onlyRejected = (kind: string) => (kind === 'rejected' ? new StoreUnavailableError('full') : undefined)
  const response = await post('{"event_type":"new"}', { eventStore: failingStore(onlyRejected) })
  expect([response.statusCode, response.json()]).toEqual([503, { error: 'Event log unavailable' }])
  expect((await post('{"event_type":"new"}', {})).statusCode).toBe(400)
})

test('the random id of a rejected body is not remembered as repeatable', async () => {
  const append = vi.fn(async () => 'stored' as const)
  await post('{"event_type":"new"}', { eventStore: { ...emptyEventStore, append } })
  expect(append.mock.calls).toMatchObject([[{ kind: 'rejected', repeatable: false }]])
})
