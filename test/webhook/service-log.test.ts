/** The lines of the service log for an event. */
import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { AppOptions } from '../../src/app.ts'
import { logTelemetry } from '../../src/logging/log-telemetry.ts'
import { createTelemetry } from '../../src/telemetry.ts'
import { buildTestApp, emptyEventStore } from '../support/app.ts'
import type { LogRecord } from '../support/folder.ts'

const TICKET = JSON.stringify({ event_type: 'on_ticket_created', bot_id: 1, visitor_id: 'v', ticket_number: 'T' })

async function sendLogged(services: Partial<AppOptions['services']>, method: 'POST' | 'PUT' = 'POST', headers = {}) {
  const lines: LogRecord[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const telemetry = createTelemetry()
  logTelemetry(telemetry, logger)
  const { fastify } = buildTestApp({ services: { telemetry, ...services } })
  const response = await fastify.inject({
    method,
    url: '/webhook',
    headers: { authorization: 'Bearer a-token', ...headers },
    body: TICKET,
  })
  return { response, lines }
}

test('a stored event: its type, its id, the answer and the duration', async () => {
  const applyRules = () => ({ reply: { status: 'success' as const, action: 'skip' as const }, rules: ['a rule'] })
  const { response, lines } = await sendLogged({ applyRules })
  expect(response.json()).toEqual({ status: 'success', action: 'skip' })
  expect(lines).toMatchObject([
    {
      msg: 'event stored',
      event_type: 'on_ticket_created',
      event_id: expect.stringMatching(/^[\da-f]{64}$/),
      action: 'skip',
      rules: ['a rule'],
    },
  ])
  const [{ duration_ms }] = lines as [{ duration_ms: number }]
  expect(duration_ms).toBeGreaterThan(0)
  expect(duration_ms).toBeLessThan(10_000)
  expect(duration_ms).toBe(Number(duration_ms.toFixed(2)))
})

test('the duration includes the wait for the disk', async () => {
  const append = () => new Promise<'stored'>((resolve) => setTimeout(resolve, 50, 'stored'))
  const { lines } = await sendLogged({ eventStore: { ...emptyEventStore, append } })
  const [{ duration_ms }] = lines as [{ duration_ms: number }]
  expect(duration_ms).toBeGreaterThan(45)
  expect(duration_ms).toBeLessThan(5000)
})

test('a redelivered event, and one without an action', async () => {
  const { response, lines } = await sendLogged({ eventStore: { ...emptyEventStore, append: async () => 'replayed' } })
  expect(response.headers['idempotent-replayed']).toBe('true')
  expect(lines).toMatchObject([{ msg: 'redelivered event answered: it is already stored', action: 'none' }])
})

test('the reason for a refusal, which the sender does not see', async () => {
  const { response, lines } = await sendLogged({}, 'POST', { authorization: 'Basic x' })
  expect(response.body).not.toContain('Basic')
  expect(lines).toMatchObject([{ reason: 'the scheme of the Authorization header is not Bearer' }])
})

test('a method other than POST', async () => {
  const { response, lines } = await sendLogged({}, 'PUT')
  expect(response.statusCode).toBe(405)
  expect(lines).toMatchObject([{ status: 405, reason: 'PUT instead of POST' }])
})
