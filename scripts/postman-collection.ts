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
  /** The one field of the answer that must be so; without it, the whole answer must. */
  readonly field?: string
  /** Whether the service must have known the event, or must not. */
  readonly replayed?: boolean
}

/** The collection as Postman imports it (schema v2.1.0), made from the table of events, the rules and the httpErrors. */
export function buildCollection(): object {
  return {
    info: {
      name: 'DigiReply webhook receiver',
      description:
        'Enter your token (WEBHOOK_SECRET in .env) as the variable "token", and your address as "base_url". Each event ' +
        'may be sent many times: its time is always fresh, so it counts as a new event. The tests expect the built-in ' +
        'replies; with reply rules of your own, other answers may be right.',
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
      { name: 'The same event delivered again', item: redeliveryItems() },
      { name: 'Refused', item: refusedItems() },
      { name: 'Health', item: [healthItem('/healthz', 'ok'), healthItem('/readyz', 'ready')] },
    ],
  }
}

function exampleItem({ title, payload }: { title: string; payload: { event_type: string } }): object {
  // A ticket that tells no time is known by its number alone: each sending needs another one.
  const needsNumber = isRepeatable(payload) && !hasTime(payload)
  const dated = withTime(payload, NOW)
  const sent = needsNumber ? { ...dated, ticket_number: '{{ticket_number}}' } : dated
  return postItem(title, sent, expectAnswer(sent, false), {
    prerequest: needsNumber ? [`pm.variables.set('ticket_number', 'TIC-' + Date.now())`] : [],
  })
}

function redeliveryItems(): object[] {
  const sent = withTime(handlers.on_ticket_created.examples[0].payload, '{{first_sent}}')
  return [
    postItem('First: the event is stored', sent, expectAnswer(sent, false), {
      prerequest: [`pm.collectionVariables.set('first_sent', new Date().toISOString())`],
    }),
    postItem('Then: it is answered, not stored twice', sent, expectAnswer(sent, true)),
  ]
}

function refusedItems(): object[] {
  const ticket = withTime(handlers.on_ticket_created.examples[0].payload, NOW)
  const { status, error } = httpErrors.unauthorized
  const unauthorized = { status, body: { error } }
  const { visitor_id: _, ...withoutVisitor } = ticket
  const broken = '{"event_type": "on_message_received", "message": "Hello!"'
  return [
    postItem('No token', ticket, unauthorized, { auth: { type: 'noauth' } }),
    postItem('A wrong token', ticket, unauthorized, { auth: bearer('not-the-token') }),
    postItem('Broken JSON', broken, expectRefusal(broken)),
    ...[
      { title: 'An unknown event type', body: { ...ticket, event_type: 'on_something_new' } },
      { title: 'A required field is missing', body: withoutVisitor },
      { title: 'A field of a wrong kind', body: { ...ticket, ticket_data: 'John Doe' } },
    ].map(({ title, body }) => postItem(title, body, expectRefusal(JSON.stringify(body)))),
  ]
}

/** /readyz tells of the project database too, if there is one: only the status is always the same. */
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

/** @returns the lines of a test script; variables in the expected body are filled in as they were in the request */
function expectations({ status, body, field, replayed }: Expected): string[] {
  const json = JSON.stringify(body)
  const text = json.includes('{{') ? `pm.variables.replaceIn(${JSON.stringify(json)})` : undefined
  const lines = [
    `pm.test('status ${status}', () => {`,
    `  pm.expect(pm.response.code).to.eql(${status})`,
    '})',
    `pm.test('the answer', () => {`,
    `  pm.expect(pm.response.json()${field ? `.${field}` : ''}).to.eql(${text ? `JSON.parse(${text})` : json})`,
    '})',
  ]
  if (replayed === undefined) return lines
  return [
    ...lines,
    `pm.test('${replayed ? 'known already' : 'a new event'}', () => {`,
    `  pm.expect(pm.response.headers.has('Idempotent-Replayed')).to.eql(${replayed})`,
    '})',
  ]
}

function expectAnswer(payload: object, replayed: boolean): Expected {
  const event: WebhookEvent = webhookEvent.parse(payload)
  const { status, action, response } = applyRules(compileRules(builtinRules), event).reply
  return { status: 200, body: { status, action, response }, replayed }
}

function expectRefusal(body: string): Expected {
  try {
    decode(Buffer.from(body))
  } catch (error) {
    if (error instanceof HttpError) return { status: error.response.status, body: error.body }
    throw error
  }
  throw new Error(`the service would not refuse ${body}`)
}

function bearer(token: string): object {
  return { type: 'bearer', bearer: [{ key: 'token', value: token, type: 'string' }] }
}

function script(listen: 'prerequest' | 'test', exec: string[]): object {
  return { listen, script: { type: 'text/javascript', exec } }
}
