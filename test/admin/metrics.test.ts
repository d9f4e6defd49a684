/** The private listener, on real sockets: what it counts, and what it does not. */
import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { eventTypes } from '../../src/events/schemas.ts'
import { httpErrors } from '../../src/http/http-errors.ts'
import { createCertificate, hasOpenssl } from '../support/certificates.ts'
import { makeFolder } from '../support/folder.ts'
import { openSocket, readUntilEnd } from '../support/raw-socket.ts'
import { startTestService } from '../support/service.ts'
import { until } from '../support/wait.ts'

const TICKET = { event_type: 'on_ticket_created', bot_id: 1, visitor_id: 'v', ticket_number: 'T' }

async function start(settings: Record<string, string> = {}) {
  const service = await startTestService({ ADMIN_PORT: '0', ...settings })
  const admin = service.adminUrl
  /** @returns the value of each series, by its name and labels */
  const scrape = async () => {
    const response = await fetch(`${admin}/metrics`)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    )
  }
  return { service, admin, scrape }
}

type Series = ReadonlyMap<string, number>

/** @returns the series that differ */
function changes(before: Series, after: Series, prefix: string): Record<string, number> {
  const entries = [...after].filter(([name, value]) => name.startsWith(prefix) && value !== before.get(name))
  return Object.fromEntries(entries.map(([name, value]) => [name, value - (before.get(name) ?? 0)]))
}

test('every series exists from the start, and no request adds another', async () => {
  const { service, scrape } = await start()
  const before = await scrape()
  for (const type of eventTypes) {
    for (const result of ['stored', 'replayed']) {
      expect(before.get(`digireply_events_total{type="${type}",result="${result}"}`)).toBe(0)
    }
  }
  const reasons = [...before.keys()].filter((name) => name.startsWith('digireply_requests_rejected_total'))
  expect(reasons).toHaveLength(Object.keys(httpErrors).length)
  expect(before.get('digireply_requests_rejected_total{reason="payload_too_large"}')).toBe(0)
  expect(before.get('digireply_rule_matches_total{rule="built-in: ticket created"}')).toBe(0)
  expect(before.get('digireply_request_duration_seconds_count')).toBe(0)
  expect(before.get('digireply_request_duration_seconds_bucket{le="0.0005"}')).toBe(0)
  expect(before.get('digireply_append_duration_seconds_bucket{le="10"}')).toBe(0)
  expect(before.get('digireply_append_batch_records_count')).toBe(0)
  expect(before.get('digireply_store_up')).toBe(1)
  expect(before.get('digireply_queue_bytes')).toBe(0)
  expect(before.get('digireply_log_directory_free_bytes')).toBeGreaterThan(0)
  expect(before.get('digireply_log_directory_size_bytes')).toBeGreaterThan(0)
  expect(before.get('process_resident_memory_bytes')).toBeGreaterThan(0)
  expect([...before.keys()].filter((name) => name.startsWith('digireply_build_info'))).toEqual([
    expect.stringMatching(/^digireply_build_info\{version="\d+\.\d+\.\d+",node_version="v\d+/),
  ])
  expect(before.has('digireply_project_database_up')).toBe(false)

  await service.post(JSON.stringify(TICKET))
  await service.post(JSON.stringify({ event_type: 'on_something_new', bot_id: 'x' }))
  await fetch(`${service.url}/elsewhere`)
  const own = (series: Series) => [...series.keys()].filter((name) => name.startsWith('digireply_'))
  expect(own(await scrape())).toEqual(own(before))
})

test('events, rejected requests on any path to a rejection, batches and durations', async () => {
  const { service, admin, scrape } = await start({ WEBHOOK_SECRET_PREVIOUS: 'the-previous-token' })
  const before = await scrape()
  await service.post(JSON.stringify(TICKET))
  await service.post(JSON.stringify(TICKET), { authorization: 'Bearer the-previous-token' })
  await service.post('{}')
  await service.post('{}', {})
  const socket = await openSocket(service.port)
  socket.write('garbage\r\n\r\n')
  await readUntilEnd(socket)
  for (const path of ['/nowhere', '/%']) await fetch(new URL(path, service.url))
  // The private listener is not part of this, nor are health checks.
  for (const path of ['/nowhere', '/readyz']) await fetch(`${admin}${path}`)
  await fetch(new URL('/readyz', service.url))

  const after = await scrape()
  expect(changes(before, after, 'digireply_events')).toEqual({
    'digireply_events_total{type="on_ticket_created",result="stored"}': 1,
    'digireply_events_total{type="on_ticket_created",result="replayed"}': 1,
  })
  expect(changes(before, after, 'digireply_requests_rejected')).toEqual({
    'digireply_requests_rejected_total{reason="invalid_json"}': 1,
    'digireply_requests_rejected_total{reason="unauthorized"}': 1,
    'digireply_requests_rejected_total{reason="bad_request"}': 1,
    'digireply_requests_rejected_total{reason="not_found"}': 2,
  })
  expect(changes(before, after, 'digireply_rule')).toEqual({
    'digireply_rule_matches_total{rule="built-in: ticket created"}': 2,
  })
  expect(changes(before, after, 'digireply_authenticated')).toEqual({
    'digireply_authenticated_requests_total{token="current"}': 2,
    'digireply_authenticated_requests_total{token="previous"}': 1,
  })
  expect(after.get('digireply_request_duration_seconds_count')).toBe(6)
  expect(after.get('digireply_request_duration_seconds_sum')).toBeGreaterThan(0)
  expect(after.get('digireply_append_batch_records_sum')).toBe(2) // the ticket, and the rejected body
  expect(after.get('digireply_append_duration_seconds_count')).toBe(after.get('digireply_append_batch_records_count'))
})

test('the store is down only as long as events cannot be stored, whoever else asks', async () => {
  const { service, scrape } = await start()
  const isUp = async () => (await scrape()).get('digireply_store_up')
  expect(await isUp()).toBe(1)
  renameSync(service.logDir, `${service.logDir}-away`)
  await until(async () => expect(await isUp()).toBe(0))
  renameSync(`${service.logDir}-away`, service.logDir)
  expect(await isUp()).toBe(1)
})

test('rules have series while they are in effect', async () => {
  const file = join(makeFolder(), 'replies.json')
  const write = (...names: string[]) =>
    writeFileSync(
      file,
      JSON.stringify({ standalone: true, rules: { on_ticket_created: names.map((name) => ({ name, reply: 'x' })) } }),
    )
  write('a "quoted"\nname', 'b', 'b')
  const { service, scrape } = await start({ REPLIES_FILE: file })
  await service.post(JSON.stringify(TICKET))
  const rules = async () => Object.fromEntries([...(await scrape())].filter(([name]) => name.includes('{rule=')))
  expect(await rules()).toEqual({
    'digireply_rule_matches_total{rule="a \\"quoted\\"\\nname"}': 1,
    'digireply_rule_matches_total{rule="b"}': 2,
  })
  write('b', 'c')
  await until(async () =>
    expect(await rules()).toEqual({
      'digireply_rule_matches_total{rule="b"}': 2,
      'digireply_rule_matches_total{rule="c"}': 0,
    }),
  )
})

test('the private listener has health checks, and the same form of errors, which the log tells apart', async () => {
  const { service, admin } = await start()
  const answer = async (path: string) => {
    const response = await fetch(`${admin}${path}`)
    return [response.status, await response.json()]
  }
  expect(await answer('/healthz')).toMatchObject([200, { status: 'ok' }])
  expect(await answer('/readyz')).toEqual([200, { status: 'ready' }])
  expect(await answer('/webhook')).toEqual([404, { error: 'Not found' }])
  expect(service.logLines.at(-1)).toMatchObject({ msg: 'private listener: request rejected', path: '/webhook' })
  expect((await fetch(new URL('/metrics', service.url))).status).toBe(404)
  await service.close()
  await expect(fetch(`${admin}/healthz`)).rejects.toThrow()
})

test('a port that is in use is reported with the name of its setting', async () => {
  const { service } = await start()
  const second = startTestService({ ADMIN_PORT: String(service.port) })
  await expect(second).rejects.toThrow(`ADMIN_PORT: ${service.port} is already in use`)
})

test.skipIf(!hasOpenssl)(
  'with a certificate, the private listener serves HTTPS, and says when it expires',
  async () => {
    const { certFile, keyFile, cert } = createCertificate({ days: 30 })
    const { admin } = await start({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile })
    expect(admin).toMatch(/^https:/)
    const [response] = await once(get(`${admin}/metrics`, { ca: cert, servername: 'bot.example.com' }), 'response')
    const [, expiry] = (await text(response)).match(/^digireply_certificate_expiry_timestamp_seconds (\S+)$/m) ?? []
    expect((Number(expiry) - Date.now() / 1000) / 86_400).toBeCloseTo(30, 1)
  },
)
