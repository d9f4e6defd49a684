import { expect, test } from 'vitest'
import { HttpError } from '../../src/http/http-errors.ts'
import { decode } from '../../src/webhook/decode.ts'

const TYPES = 'on_message_received, on_ticket_created, on_live_chat_requested, before_response_sent'
const ticket = { event_type: 'on_ticket_created', bot_id: 21, visitor_id: 'v', ticket_number: 'T1' }

function rejectionOf(payload: unknown): HttpError {
  try {
    decode(Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)))
  } catch (error) {
    if (error instanceof HttpError) return error
    throw error
  }
  throw new Error('the body was accepted')
}

test('an event is returned with all its fields unchanged, known or unknown', () => {
  const payload = { ...ticket, unknown: { kept: [1, null] } }
  expect(decode(Buffer.from(JSON.stringify(payload)))).toMatchObject(payload)
})

test.for<[string, unknown, string, string]>([
  ['an array', [ticket], '', 'the body must be a JSON object'],
  ['a string', '"text"', '', 'the body must be a JSON object'],
  ['a number', 5, '', 'the body must be a JSON object'],
  ['true', true, '', 'the body must be a JSON object'],
  ['no event_type', { bot_id: 1 }, 'event_type', `must be one of: ${TYPES}`],
  ['another event_type', { event_type: 'on_feedback' }, 'event_type', `must be one of: ${TYPES}`],
  ['another event_type, and fields of the wrong type', { ...ticket, event_type: 1, bot_id: [] }, 'event_type', TYPES],
])('%s is rejected only for its event type', ([, payload, path, message]) => {
  const { kind, details } = rejectionOf(payload)
  expect(kind).toBe('invalidEventType')
  expect(details).toEqual([{ path, message: expect.stringContaining(message) }])
})

test('every missing or null field is named, and so are fields of the wrong type', () => {
  const { kind, details } = rejectionOf({ event_type: 'on_ticket_created', bot_id: null, ticket_number: {} })
  expect(kind).toBe('missingFields')
  expect(details).toEqual([
    { path: 'bot_id', message: 'is required' },
    { path: 'visitor_id', message: 'is required' },
    { path: 'ticket_number', message: expect.stringContaining('must be') },
  ])
})

test('a field of the wrong type is named by its path, with what it must be', () => {
  const { kind, details } = rejectionOf({ ...ticket, bot_id: 0.5, ticket_data: { email: {} } })
  expect(kind).toBe('invalidPayload')
  expect(details).toEqual([
    { path: 'bot_id', message: expect.stringContaining('2^53-1') },
    { path: 'ticket_data.email', message: expect.stringMatching(/^must be/) },
  ])
})

test.for<[string, unknown, string]>([
  ['invalid JSON', '{"a":visitor}', 'see rejected_log.jsonl'],
  ['not an object', '"visitor"', 'see rejected_log.jsonl'],
  ['no event type', { visitor: 'visitor' }, 'see event_type'],
  [
    'wrong fields',
    { ...ticket, bot_id: 'visitor', visitor_id: ['visitor'], ticket_data: { name: {} } },
    'see visitor_id, ticket_data.name',
  ],
])("the service's own log gets only the paths, never a visitor's text: %s", ([, payload, reason]) => {
  expect(rejectionOf(payload).message).toBe(reason)
})

test('invalid JSON is rejected with what was found', () => {
  const { kind, details } = rejectionOf('{')
  expect(kind).toBe('invalidJson')
  expect(details).toEqual([{ path: '', message: expect.stringContaining('at line 1, column 2: found the end') }])
})
