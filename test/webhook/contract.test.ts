/** The checks, records and responses that the contract defines. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { countLines, readRecords } from '../support/folder.ts'
import { startTestService, type TestService, TOKEN } from '../support/service.ts'

let service: TestService
beforeEach(async () => {
  service = await startTestService({ BODY_LIMIT_BYTES: '2000', APP_ENV: 'testing' })
})

const post = async (body: string | object) => {
  const response = await service.post(typeof body === 'string' ? body : JSON.stringify(body))
  return { status: response.status, headers: response.headers, json: (await response.json()) as LooseObject }
}
type LooseObject = { [key: string]: unknown }
const ticket = { event_type: 'on_ticket_created', bot_id: 21, visitor_id: 'v', ticket_number: 'T1' }

describe('the checks, in order', () => {
  test('without the right token, every request gets a 401, and nothing is stored', async () => {
    for (const body of ['', '{', 'x'.repeat(5000), '{}']) {
      const response = await service.post(body, { authorization: 'Bearer wrong', 'content-type': 'nonsense' })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
      expect(await response.json()).toEqual({ error: 'Unauthorized' })
    }
    expect(new Set(Object.values(countLines(service.logDir)))).toEqual(new Set([0]))
    expect(JSON.stringify(service.logLines)).toContain('the token does not match')
    expect(JSON.stringify(service.logLines)).not.toContain('wrong')
  })

  test('a body over the limit gets a 413, even if it is not JSON', async () => {
    expect(await post('x'.repeat(2001))).toMatchObject({ status: 413, json: { error: 'Payload too large' } })
    expect(await post(JSON.stringify({ ...ticket, note: 'x'.repeat(1800) }))).toMatchObject({ status: 200 })
  })

  test('a body over the limit without a Content-Length gets a 413', async () => {
    const chunks = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(1500).fill(0x20))
        if (++pulls === 3) controller.close()
      },
    })
    let pulls = 0
    const init = {
      method: 'POST',
      body: chunks,
      duplex: 'half',
      headers: { authorization: `Bearer ${TOKEN}` },
    } as const
    const response = await fetch(service.url, init)
    expect(response.status).toBe(413)
  })

  test.for<[string, string, string]>([
    ['hello', '', 'Invalid symbol at line 1, column 1: found "h"'],
    ['{"a":1,}', '', 'Property name expected at line 1, column 8: found "}"'],
    ['{\n "a": 1\n "b": 2}', '', 'Comma expected at line 3, column 2: found "\\""'],
    ['{"event_type":"on_mess', '', 'Unexpected end of string at line 1, column 15: found "\\""'],
    ['', '', 'the body is empty'],
    ['\ufeff{"a":1}', '', 'byte order mark'],
    ['{"a":1e999}', '', 'a number is too large'],
    ['{"a":{"__proto__":1}}', '', 'a key is named __proto__'],
    ['{"a":{"__pr\\u006fto__":1}}', '', 'a key is named __proto__'],
    [`${'['.repeat(513)}${']'.repeat(513)}`, '', 'nested more than 512 levels deep at line 1, column 513'],
    ['"0"', '', 'is not an event'],
  ])('%s gets a 400, and the details say what was found', async ([body, path, message]) => {
    const { status, json } = await post(body)
    expect(status).toBe(400)
    expect(json.error).toBe('Invalid JSON payload')
    expect(json.details).toEqual([{ path, message: expect.stringContaining(message) }])
  })

  test('an invalid body that is nested too deeply for the second parser is reported with its position', async () => {
    const large = await startTestService()
    const body = `{"a\\"[":[],\n "b":${'{"c":['.repeat(100_000)}`
    const json = (await (await large.post(body)).json()) as LooseObject
    const message = 'the body is nested more than 512 levels deep at line 2, column 1541'
    expect(json).toEqual({ error: 'Invalid JSON payload', details: [{ path: '', message }] })
  })

  test('JSON may be nested 512 levels deep', async () => {
    expect((await post(`${'['.repeat(512)}${']'.repeat(512)}`)).json.error).toBe('Invalid event type')
  })

  test.for([
    5,
    true,
    'text',
    [ticket],
    { event_type: 'on_feedback' },
    { event_type: 'toString' },
    { event_type: ['x'] },
  ])('%j has no valid event type', async (body) => {
    const { status, json } = await post(JSON.stringify(body))
    expect({ status, error: json.error }).toEqual({ status: 400, error: 'Invalid event type' })
    expect(json.details).toHaveLength(1)
  })

  test('a missing field takes precedence over a field of the wrong type, and the details name both', async () => {
    const { status, json } = await post({
      event_type: 'on_ticket_created',
      bot_id: 1.5,
      visitor_id: null,
      ticket_data: { name: [] },
    })
    expect({ status, error: json.error }).toEqual({ status: 400, error: 'Missing required fields' })
    expect(json.details).toEqual([
      { path: 'bot_id', message: 'must be a string or an integer up to 2^53-1' },
      { path: 'visitor_id', message: 'is required' },
      { path: 'ticket_number', message: 'is required' },
      { path: 'ticket_data.name', message: 'must be a string, a number or a boolean' },
    ])
  })

  test.for([
    { ...ticket, bot_id: true },
    { ...ticket, bot_id: 21.5 },
    { ...ticket, ticket_number: 2 ** 53 },
    { ...ticket, ticket_number: {} },
    { ...ticket, ticket_data: 'text' },
    { ...ticket, ticket_data: ['entry'] },
    { ...ticket, ticket_data: { email: {} } },
    { ...ticket, timestamp: [] },
    { event_type: 'on_message_received', message: {} },
    { event_type: 'on_message_received', intent: ['a'] },
    { event_type: 'before_response_sent', bot_id: 1, visitor_id: 1, response: 'text' },
    { event_type: 'before_response_sent', bot_id: 1, visitor_id: 1, response: ['entry'] },
    { event_type: 'before_response_sent', bot_id: 1, visitor_id: 1, response: false },
  ])('%j has a field of the wrong type', async (body) => {
    const { status, json } = await post(body)
    expect({ status, error: json.error }).toEqual({ status: 400, error: 'Invalid payload' })
  })

  test('other paths get a 404, and other methods a 405 with Allow', async () => {
    const origin = `http://127.0.0.1:${service.port}`
    const other = await fetch(`${origin}/other`, { method: 'POST', body: '{' })
    expect([other.status, await other.json()]).toEqual([404, { error: 'Not found' }])
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND']) {
      const response = await fetch(service.url, { method })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
      expect(await response.json()).toEqual({ error: 'Method not allowed' })
    }
    expect((await fetch(`${service.url}?a=b`, { method: 'GET' })).status).toBe(405)
    expect((await fetch(`${origin}/%zz`)).status).toBe(404)
  })

  test('a body is parsed as JSON whatever its Content-Type', async () => {
    for (const type of [undefined, 'text/plain', 'application/x-www-form-urlencoded', 'nonsense', 'a/b;;=']) {
      const headers = { authorization: `Bearer ${TOKEN}`, ...(type && { 'content-type': type }) }
      expect((await service.post(new TextEncoder().encode(JSON.stringify(ticket)), headers)).status).toBe(200)
    }
  })
})

describe('records', () => {
  test('the context follows the fields, in order, and everything else is in extra at its own path', async () => {
    const { headers } = await post({
      ...ticket,
      channel: 'whatsapp',
      unknown: null,
      ticket_data: { name: 'Jane', phone: '123', address: { city: 'X' }, email: null },
      timestamp: '2025-04-26T10:32:10Z',
    })
    expect(headers.get('idempotent-replayed')).toBeNull()
    const [record] = readRecords(service.logDir, 'tickets.jsonl')
    expect(Object.keys(record)).toEqual([
      'timestamp',
      'event',
      'source',
      'data',
      'event_id',
      'event_timestamp',
      'environment',
      'client_ip',
      'received_at',
      'extra',
    ])
    expect(record).toMatchObject({
      event_id: expect.stringMatching(/^[0-9a-f]{64}$/),
      event_timestamp: '2025-04-26T10:32:10Z',
      environment: 'testing',
      client_ip: '127.0.0.1',
      received_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    })
    expect(record.extra).toEqual({
      channel: 'whatsapp',
      unknown: null,
      ticket_data: { phone: '123', address: { city: 'X' } },
    })
  })

  test('a key that looks like the path of a recorded field is kept', async () => {
    await post({ ...ticket, 'ticket_data.name': 'not the name', ticket_data: { name: 'Jane' } })
    const [record] = readRecords(service.logDir, 'tickets.jsonl')
    expect(record.data.created_by).toBe('Jane')
    expect(record.extra).toEqual({ 'ticket_data.name': 'not the name' })
  })

  test('the intent of a response is in extra, and an event without other fields has no extra', async () => {
    await post({ event_type: 'before_response_sent', bot_id: 1, visitor_id: 'v', response: [], intent: 'x' })
    await post({ event_type: 'before_response_sent', bot_id: 1, visitor_id: 'v', response: { a: {} }, intent: null })
    const [first, second] = readRecords(service.logDir, 'response_log.jsonl')
    expect(first).toMatchObject({ response: [], extra: { intent: 'x' }, event_id: expect.stringMatching(/-/) })
    expect(second.response).toEqual({ a: {} })
    expect(second).not.toHaveProperty('extra')
    expect(second).not.toHaveProperty('event_timestamp')
  })

  test('text from a visitor is escaped in the reply and inert in the log file', async () => {
    const { json } = await post({
      ...ticket,
      ticket_number: '<b>"T\'&',
      ticket_data: { name: '\u001b[31m<script>\u202e' },
    })
    expect(json.response).toBe('Ticket &lt;b&gt;&quot;T&#039;&amp; has been created successfully.')
    const line = readFileSync(`${service.logDir}/tickets.jsonl`, 'utf8')
    expect(line).toContain('\\u001b[31m\\u003cscript\\u003e\\u202e')
    expect(readRecords(service.logDir, 'tickets.jsonl')[0].data.created_by).toBe('\u001b[31m<script>\u202e')
  })

  test('a rejected body is stored, as a string or, if it is not UTF-8, in base64', async () => {
    await post('{"event_type":"on_feedback","stars":5}')
    await service.post(new Uint8Array([0x7b, 0xff, 0x7d]))
    const [text, bytes] = readRecords(service.logDir, 'rejected_log.jsonl')
    expect(Object.keys(text)).toEqual([
      'timestamp',
      'error',
      'details',
      'body',
      'event_id',
      'environment',
      'client_ip',
      'received_at',
    ])
    expect(text).toMatchObject({ error: 'Invalid event type', body: '{"event_type":"on_feedback","stars":5}' })
    expect(Object.keys(bytes)[3]).toBe('body_base64')
    expect(Buffer.from(bytes.body_base64, 'base64')).toEqual(Buffer.from([0x7b, 0xff, 0x7d]))
  })

  test('only the owner and the group may read log files', () => {
    for (const file of readdirSync(service.logDir)) if (file.endsWith('.jsonl')) expect(modeOf(file)).toBe(0o640)
  })
})

const modeOf = (file: string) => statSync(`${service.logDir}/${file}`).mode & 0o777

describe('redelivery', () => {
  test('the same bytes are stored once, and get the same reply', async () => {
    const first = await post(ticket)
    const second = await post(ticket)
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect([second.status, second.json]).toEqual([200, first.json])
    expect(readRecords(service.logDir, 'tickets.jsonl')).toHaveLength(1)
    expect(JSON.stringify(service.logLines)).toContain('redelivered event')
  })

  test('different bytes are a different event', async () => {
    await post(ticket)
    expect((await post(`${JSON.stringify(ticket)} `)).headers.get('idempotent-replayed')).toBeNull()
  })

  test.for<[LooseObject, boolean]>([
    [{}, false],
    [{ timestamp: null }, false],
    [{ timestamp: '' }, false],
    [{ timestamp: '2025-04-26T10:30:45Z' }, true],
    [{ timestamp: 1745663445 }, true],
    [{ request_time: '2025-04-26T10:30:45Z' }, true],
    [{ ticket_number: 'T1' }, true],
  ])('a message with %j that is sent twice counts as one event: %s', async ([fields, once]) => {
    const message = { event_type: 'on_message_received', message: 'Hello!', ...fields }
    await post(message)
    expect((await post(message)).headers.get('idempotent-replayed')).toBe(once ? 'true' : null)
    expect(readRecords(service.logDir, 'webhook_log.jsonl')).toHaveLength(once ? 1 : 2)
  })
})

describe('the service log', () => {
  test('one line per event, one per rejected request, and no text from a visitor', async () => {
    await post({ ...ticket, ticket_data: { name: 'Secret Person' } })
    await post({ event_type: 'on_message_received', message: ['Secret Message'] })
    await post('Secret Text')
    const lines = service.logLines.filter(({ msg }) => msg !== 'listening')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatchObject({
      event_type: 'on_ticket_created',
      event_id: expect.any(String),
      action: 'override_response',
      rules: ['built-in: ticket created'],
      duration_ms: expect.any(Number),
    })
    expect(lines[1]).toMatchObject({ status: 400, error: 'Invalid payload', reason: 'see message' })
    expect(JSON.stringify(service.logLines)).not.toContain('Secret')
    expect(JSON.stringify(service.logLines)).not.toContain(TOKEN)
  })
})

describe('health', () => {
  test('up and ready', async () => {
    const origin = `http://127.0.0.1:${service.port}`
    const healthz = await fetch(`${origin}/healthz`)
    expect([healthz.status, await healthz.json()]).toEqual([
      200,
      { status: 'ok', version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
    ])
    const readyz = await fetch(`${origin}/readyz`)
    expect([readyz.status, await readyz.json()]).toEqual([200, { status: 'ready' }])
  })
})
