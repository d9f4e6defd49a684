import { hasTime, withTime } from '../src/cli/send/payload.ts'
import { isRepeatable } from '../src/events/identity.ts'
import { eventTypes, type WebhookEvent, webhookEvent } from '../src/events/schemas.ts'
import { handlers } from '../src/handlers/index.ts'
import { HttpError, httpErrors } from '../src/http/http-errors.ts'
import { builtinRules } from '../src/replies/builtin-rules.ts'
import { applyRules, compileRules } from '../src/replies/replies.ts'
import { decode } from '../src/webhook/decode.ts'

const NOW = '{{$isoTimestamp}}'

interface Expected {
  readonly status: number
  readonly body: unknown
  /** The field of the response to compare with `body`. Defaults to the whole response. */
  readonly field?: string
  /** Whether the event must be replayed or new. */
  readonly replayed?: boolean
}

/** Builds a Postman collection (schema v2.1.0) from the event registry, the built-in rules and `httpErrors`. */
export function buildCollection(): object {
  return {
    info: {
      name: 'DigiReply webhook receiver',
      description:
        'Set the variable "token" to your token (WEBHOOK_SECRET in .env) and "base_url" to the URL of your service. ' +
        'You can send each event repeatedly: each request has the current time, so it counts as a new event. The ' +
        'tests expect the built-in replies, so they may fail if you use your own reply rules.',
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth: bearer('{{token}}'),
    variable: [
      { key: 'base_url', value: 'http://localhost:3000', type: 'string' },
      { key: 'webhook_url', value: '{{base_url}}/webhook', type: 'string' },
      { key: 'token', value: '', type: 'string' },
    ],
    item: [
      ...eventTypes.map((type) => ({ name: type, item: handlers[type].examples.map(exampleItem) })),
      { name: 'Redelivery', item: redeliveryItems() },
      { name: 'Rejected requests', item: rejectedItems() },
      { name: 'Health', item: [healthItem('/healthz', 'ok'), healthItem('/readyz', 'ready')] },
    ],
  }
}

function exampleItem({ title, payload }: { title: string; payload: { event_type: string } }): object {
  // A ticket without a time is identified by its number alone, so each request needs another number.
  const needsNumber = isRepeatable(payload) && !hasTime(payload)
  const dated = withTime(payload, NOW)
  const sent = needsNumber ? { ...dated, ticket_number: '{{ticket_number}}' } : dated
  return postItem(title, sent, expectReply(sent, false), {
    prerequest: needsNumber ? [`pm.variables.set('ticket_number', 'TIC-' + Date.now())`] : [],
  })
}

function redeliveryItems(): object[] {
  const sent = withTime(handlers.on_ticket_created.examples[0].payload, '{{first_sent}}')
  return [
    postItem('First delivery: the event is stored', sent, expectReply(sent, false), {
      prerequest: [`pm.collectionVariables.set('first_sent', new Date().toISOString())`],
    }),
    postItem('Redelivery: the event is not stored again', sent, expectReply(sent, true)),
  ]
}

function rejectedItems(): object[] {
  const ticket = withTime(handlers.on_ticket_created.examples[0].payload, NOW)
  const { status, error } = httpErrors.unauthorized
  const unauthorized = { status, body: { error } }
  const { visitor_id: _, ...withoutVisitor } = ticket
  const malformed = '{"event_type": "on_message_received", "message": "Hello!"'
  return [
    postItem('No token', ticket, unauthorized, { auth: { type: 'noauth' } }),
    postItem('Wrong token', ticket, unauthorized, { auth: bearer('not-the-token') }),
    postItem('Malformed JSON', malformed, expectError(malformed)),
    ...[
      { title: 'Unknown event type', body: { ...ticket, event_type: 'on_something_new' } },
      { title: 'Missing required field', body: withoutVisitor },
      { title: 'Field of the wrong type', body: { ...ticket, ticket_data: 'John Doe' } },
    ].map(({ title, body }) => postItem(title, body, expectError(JSON.stringify(body)))),
  ]
}

/** Compares only `status`, since /readyz also reports the project database if there is one. */
function healthItem(path: string, status: string): object {
  const url = { raw: `{{base_url}}${path}`, host: ['{{base_url}}'], path: [path.slice(1)] }
  return {
    name: path,
    event: [script('test', expectations({ status: 200, field: 'status', body: status }))],
    request: { method: 'GET', auth: { type: 'noauth' }, header: [], url },
  }
}

function postItem(
  name: string,
  body: unknown,
  expected: Expected,
  { prerequest = [], auth }: { prerequest?: string[]; auth?: object } = {},
): object {
  const scripts = [script('test', expectations(expected))]
  if (prerequest.length > 0) scripts.unshift(script('prerequest', prerequest))
  return {
    name,
    event: scripts,
    request: {
      method: 'POST',
      ...(auth && { auth }),
      header: [{ key: 'Content-Type', value: 'application/json' }],
      body: {
        mode: 'raw',
        raw: typeof body === 'string' ? body : JSON.stringify(body, null, 2),
        options: { raw: { language: 'json' } },
      },
      url: { raw: '{{webhook_url}}', host: ['{{webhook_url}}'] },
    },
  }
}

/** @returns the lines of a test script. Variables in the expected body are replaced, as they are in the request */
function expectations({ status, body, field, replayed }: Expected): string[] {
  const json = JSON.stringify(body)
  const text = json.includes('{{') ? `pm.variables.replaceIn(${JSON.stringify(json)})` : undefined
  const lines = [
    `pm.test('status ${status}', () => {`,
    `  pm.expect(pm.response.code).to.eql(${status})`,
    '})',
    `pm.test('response', () => {`,
    `  pm.expect(pm.response.json()${field ? `.${field}` : ''}).to.eql(${text ? `JSON.parse(${text})` : json})`,
    '})',
  ]
  if (replayed === undefined) return lines
  return [
    ...lines,
    `pm.test('${replayed ? 'replayed' : 'new event'}', () => {`,
    `  pm.expect(pm.response.headers.has('Idempotent-Replayed')).to.eql(${replayed})`,
    '})',
  ]
}

function expectReply(payload: object, replayed: boolean): Expected {
  const event: WebhookEvent = webhookEvent.parse(payload)
  const { status, action, response } = applyRules(compileRules(builtinRules), event).reply
  return { status: 200, body: { status, action, response }, replayed }
}

function expectError(body: string): Expected {
  try {
    decode(Buffer.from(body))
  } catch (error) {
    if (error instanceof HttpError) return { status: error.response.status, body: error.body }
    throw error
  }
  throw new Error(`the service would not reject ${body}`)
}

function bearer(token: string): object {
  return { type: 'bearer', bearer: [{ key: 'token', value: token, type: 'string' }] }
}

function script(listen: 'prerequest' | 'test', exec: string[]): object {
  return { listen, script: { type: 'text/javascript', exec } }
}
