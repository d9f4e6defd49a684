import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countLines } from '../../support/folder.ts'
import { openSocket, parseAnswers, type RawAnswer, readUntilEnd } from '../../support/raw-socket.ts'
import { startTestService, type TestService, TOKEN } from '../../support/service.ts'
import { bytesOf, EVENT, GOOD_HEADERS, hostileRequests } from './requests.ts'

/** The errors of the contract. Any other text would be an internal message. */
const ERRORS = new Set([
  'Unauthorized',
  'Payload too large',
  'Invalid JSON payload',
  'Invalid event type',
  'Missing required fields',
  'Invalid payload',
  'Bad request',
  'Not found',
  'Method not allowed',
  'Request timeout',
  'Expectation failed',
  'Request header fields too large',
])

async function exchange(service: TestService, bytes: Buffer): Promise<RawAnswer[]> {
  const socket = await openSocket(service.port)
  socket.write(bytes)
  return parseAnswers(await readUntilEnd(socket))
}

function linesIn(service: TestService): { events: number; rejected: number } {
  const { 'rejected_log.jsonl': rejected = 0, ...events } = countLines(service.logDir)
  return { rejected, events: Object.values(events).reduce((sum, lines) => sum + lines, 0) }
}

test('there are hundreds of hostile requests, each with a unique name', () => {
  expect(new Set(hostileRequests.map(({ name }) => name)).size).toBe(hostileRequests.length)
  expect(hostileRequests.length).toBeGreaterThan(250)
})

test('each hostile request gets the expected response, adds the expected lines, and leaks nothing', async () => {
  const service = await startTestService({ DEDUPE_TTL_SECONDS: '0' })
  for (const { name, bytes, statuses, events, rejected } of hostileRequests) {
    const before = linesIn(service)
    const answers = await exchange(service, bytes)
    const after = linesIn(service)
    expect
      .soft(
        {
          statuses: answers.map(({ status }) => status),
          events: after.events - before.events,
          rejected: after.rejected - before.rejected,
        },
        name,
      )
      .toEqual({ statuses, events, rejected })
    for (const answer of answers) checkAnswer(name, answer)
  }

  expect((await service.post(EVENT)).status).toBe(200)
  for (const file of readdirSync(service.logDir).filter((name) => name.endsWith('.jsonl'))) {
    const text = readFileSync(`${service.logDir}/${file}`, 'utf8')
    expect(text.replaceAll('\n', '')).not.toMatch(/[<>&\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
  }
  expect(JSON.stringify(service.logLines)).not.toContain(TOKEN)
  expect(service.logLines.filter(({ status }) => status >= 500)).toEqual([])
}, 60_000)

test('an HTTP/1.0 client never gets "100 Continue" (RFC 9110, section 10.1.1)', async () => {
  const service = await startTestService()
  const socket = await openSocket(service.port)
  socket.write(bytesOf({ version: 'HTTP/1.0', headers: [...GOOD_HEADERS, 'Expect: 100-continue'] }))
  expect(await readUntilEnd(socket)).toMatch(/^HTTP\/1\.1 200 /)
})

function checkAnswer(name: string, { status, headers, body }: RawAnswer): void {
  if (status === 405) expect.soft(headers.allow, name).toBe('POST')
  expect.soft(headers['content-type'], name).toBe('application/json; charset=utf-8')
  const json = JSON.parse(Buffer.from(body, 'latin1').toString())
  if (json.status !== 'success') expect.soft([...ERRORS], name).toContain(json.error)
  expect.soft(body, name).not.toMatch(/node:|node_modules|\.ts\b|\.js\b|\n\s+at |\/(?:work|home|tmp|usr)\//)
  expect.soft(body, name).not.toContain(TOKEN)
}

test('no byte string as a body ever gets a 5xx or crashes the process', async () => {
  const service = await startTestService({ LOG_FSYNC: 'false', LOG_LEVEL: 'silent' })
  const jsonBody = fc.jsonValue({ stringUnit: 'binary' }).map((value) => Buffer.from(JSON.stringify(value)))
  const eventBody = fc
    .record(
      {
        event_type: fc.constantFrom(
          'on_message_received',
          'on_ticket_created',
          'on_live_chat_requested',
          'before_response_sent',
        ),
        bot_id: fc.jsonValue(),
        visitor_id: fc.jsonValue(),
        ticket_number: fc.jsonValue(),
        ticket_data: fc.jsonValue(),
        response: fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue())),
        message: fc.jsonValue(),
        intent: fc.jsonValue(),
        timestamp: fc.jsonValue(),
      },
      { requiredKeys: ['event_type'] },
    )
    .map((value) => Buffer.from(JSON.stringify(value)))
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
  const cut = fc.tuple(eventBody, fc.nat()).map(([body, at]) => body.subarray(0, at % (body.length + 1)))
  await fc.assert(
    fc.asyncProperty(fc.oneof(bytes, jsonBody, eventBody, cut), async (body) => {
      const response = await service.post(new Uint8Array(body))
      expect([200, 400]).toContain(response.status)
      await response.json()
    }),
    { numRuns: 1500 },
  )
  expect((await service.post(EVENT)).status).toBe(200)
}, 60_000)

test('clients that reset their connection at any moment do not crash the process', async () => {
  const service = await startTestService({ LOG_LEVEL: 'silent' })
  const openings = ['CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', 'garbage\r\n\r\n', bytesOf().toString('latin1')]
  for (let index = 0; index < 600; index++) {
    const socket = await openSocket(service.port)
    socket.write(openings[index % openings.length] ?? '')
    if (index % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
    socket.resetAndDestroy()
  }
  expect((await service.post(EVENT)).status).toBe(200)
})

test('slow and silent clients are disconnected within 15 s, and 500 of them do not delay a good one', async () => {
  const service = await startTestService()
  const kinds: { bytes: string; statuses: number[] }[] = [
    { bytes: '', statuses: [408] },
    { bytes: 'POST /webhook HTTP/1.1\r\nHost:', statuses: [408] },
    { bytes: bytesOf().toString('latin1').slice(0, -10), statuses: [408] },
    { bytes: 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n', statuses: [200] },
    {
      bytes: bytesOf({ headers: ['Host: x'] })
        .toString('latin1')
        .slice(0, -10),
      statuses: [401],
    },
  ]
  const started = performance.now()
  const sockets = await Promise.all(Array.from({ length: 500 }, () => openSocket(service.port)))
  const clients = sockets.map((socket, index) => {
    const { bytes, statuses } = kinds[index % kinds.length] ?? { bytes: '', statuses: [] }
    socket.write(bytes)
    return { statuses, text: readUntilEnd(socket) }
  })
  for (let index = 0; index < 20; index++) expect((await service.post(EVENT)).status).toBe(200)
  expect(performance.now() - started).toBeLessThan(5000)
  for (const { statuses, text } of clients) {
    expect(parseAnswers(await text).map(({ status }) => status)).toEqual(statuses)
  }
  expect(performance.now() - started).toBeLessThan(15_000)
}, 30_000)
