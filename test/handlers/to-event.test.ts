import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatLine, parseLine } from '../../src/event-store/files/line-format.ts'
import { type EventType, type WebhookEvent, webhookEvent } from '../../src/events/schemas.ts'
import { handlers, toEvent } from '../../src/handlers/index.ts'
import { makeRecord } from '../../src/handlers/record.ts'

type Schema = { safeParse(value: unknown): { success: boolean } }
type Shape = Readonly<Record<string, Schema>>

const number = fc.double({ noDefaultInfinity: true, noNaN: true }).filter((value) => !Object.is(value, -0))
const json = fc.jsonValue({ stringUnit: 'binary' }).map((value) => JSON.parse(JSON.stringify(value)))
/** Field names that DigiReply does not document, including some that have a meaning in a record. */
const unknownName = fc.oneof(
  fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
  fc.constantFrom('extra', 'data', 'event', 'event_id', 'received_at', 'environment', 'client_ip', 'source', 'subject'),
)

/** Any value that a documented field accepts, except those that a record uses as fallbacks. */
function fieldValue(name: string, schema: Schema): fc.Arbitrary<unknown> {
  if (name === 'ticket_data') return ticketData
  const value = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.constantFrom('unknown ', 'None'),
    fc.maxSafeInteger(),
    number,
    fc.boolean(),
    fc.dictionary(unknownName, json),
    fc.constant([]),
  )
  return value.filter((candidate) => schema.safeParse(candidate).success)
}

/** Any object with fields of this shape and unknown ones. */
function objectOf({ event_type: _, ...shape }: Shape): fc.Arbitrary<object> {
  const values = Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, fieldValue(name, schema)]))
  const requiredKeys = Object.keys(shape).filter((name) => !shape[name]?.safeParse(undefined).success)
  const unknown = fc.dictionary(
    unknownName.filter((name) => name !== 'event_type' && !Object.hasOwn(shape, name)),
    json,
  )
  return fc.tuple(fc.record(values, { requiredKeys }), unknown).map(([fields, more]) => ({ ...more, ...fields }))
}

const text = webhookEvent.options[0].shape.message
const ticketData = objectOf({ name: text, email: text, description: text }).filter(
  (data) => Object.keys(data).length > 0,
)

/** Stores an event as the service does. @returns its record, read back from its line */
async function store(sent: WebhookEvent): Promise<Readonly<Record<string, unknown>>> {
  const projects = { nameOf: async () => 'Default Project' }
  const arrival = { receivedAt: new Date('2026-03-29T03:30:00.000Z'), clientIp: '203.0.113.7' }
  const parts = await handlers[sent.event_type].toRecord(sent as never, projects)
  return parseLine(Buffer.from(formatLine(makeRecord(parts, arrival, 'an-id', 'testing')))) ?? {}
}

test.for(webhookEvent.options)(
  '$shape.event_type.value comes back from its record as it was sent',
  async ({ shape }) => {
    const type = shape.event_type.value
    const sent = objectOf(shape).map((fields) => webhookEvent.parse({ ...fields, event_type: type }))
    await fc.assert(
      fc.asyncProperty(sent, async (event) => {
        expect(toEvent(type, await store(event))).toEqual(event)
      }),
      { numRuns: 500 },
    )
  },
)

test.for(Object.values(handlers).flatMap<{ title: string; payload: object }>(({ examples }) => examples))(
  'the documented event is restored: $title',
  async ({ payload }) => {
    const sent = webhookEvent.parse(payload)
    expect(toEvent(sent.event_type, await store(sent))).toEqual(payload)
  },
)

const ids = { bot_id: 21, visitor_id: 'v', ticket_number: 'T', response: [] }

test.for<[EventType, object]>([
  [
    'on_message_received',
    { bot_id: 'unknown', visitor_id: 'unknown', message: 'no message', type: 'unknown', intent: 'none' },
  ],
  ['on_ticket_created', { ticket_data: { name: 'Unknown', email: 'Unknown', description: '' } }],
  ['on_ticket_created', { ticket_data: {} }],
  ['on_live_chat_requested', { session_status: 'unknown', message: 'no message', request_time: 'unknown' }],
  ['before_response_sent', { message: 'no message', source_type: 'unknown' }],
])('%s: a value that equals a fallback is restored as missing: %j', async ([type, fields]) => {
  const sent = webhookEvent.parse({ event_type: type, ...ids, ...fields })
  const restored = toEvent(type, await store(sent)) ?? {}
  expect(
    Object.keys(restored).filter((key) => Object.hasOwn(fields, key) && restored[key as never] !== undefined),
  ).toEqual([])
  expect(Object.keys(restored)).toContain('event_type')
})

test.for<[EventType, Record<string, unknown>]>([
  ['on_ticket_created', {}],
  ['on_ticket_created', { data: { bot_id: 1, visitor_id: true, ticket_number: 'T' } }],
  ['on_message_received', { event_type: 'on_ticket_created', ...ids }],
  ['before_response_sent', { event_type: 'before_response_sent', bot_id: 1, visitor_id: 'v', response: 'text' }],
])('a line of another program is not an event: %s %j', ([type, record]) => {
  expect(toEvent(type, record)).toBeUndefined()
})
