/** docs/deploy/nginx.conf in a real nginx, in front of the real service. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import http, { type IncomingHttpHeaders } from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from './databases/server.ts'
import { makeFolder, readRecords } from './support/folder.ts'
import { findProgram } from './support/programs.ts'
import { startTestService, TOKEN } from './support/service.ts'
import { until } from './support/wait.ts'

const nginx = findProgram('nginx')
const nginxTest = test.skipIf(nginx === undefined || findProgram('openssl') === undefined)

const EVENT = '{"event_type":"on_message_received"}'
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` }
/** Far more requests than an address may send at once. */
const FLOOD = 500

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

interface Site {
  readonly service: Awaited<ReturnType<typeof startTestService>>
  send(path: string, options?: https.RequestOptions, body?: string): Promise<Answer>
  /** Sends http to the https port. */
  sendPlain(): Promise<Answer>
}

/** @param tokens the content of the file with the tokens that are not limited */
async function startSite(tokens?: string): Promise<Site> {
  const folder = makeFolder()
  const service = await startTestService({ TRUST_PROXY: '127.0.0.1' })
  const port = await freePort()
  const newKey = [
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=bot.example.com',
  ]
  execFileSync('openssl', ['req', ...newKey, '-keyout', 'privkey.pem', '-out', 'fullchain.pem'], {
    cwd: folder,
    stdio: 'pipe',
  })
  if (tokens !== undefined) writeFileSync(join(folder, 'digireply-receiver.tokens'), tokens)
  const site = readFileSync('docs/deploy/nginx.conf', 'utf8')
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replace(/^ *listen \[::\].*$/m, '')
    .replaceAll('/etc/letsencrypt/live/bot.example.com/', `${folder}/`)
    .replaceAll('/etc/nginx/', `${folder}/`)
    .replaceAll('http://127.0.0.1:3000', `http://127.0.0.1:${service.port}`)
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => {
    mkdirSync(join(folder, name))
    return `${name}_temp_path ${name};`
  })
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  writeFileSync(
    join(folder, 'nginx.conf'),
    `${user} daemon off; pid nginx.pid; error_log error.log; events {} http { access_log off; ${paths.join(' ')}\n${site}}`,
  )
  const child = spawn(nginx ?? '', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await exited
  })
  const send: Site['send'] = (path, options, body) => request(new URL(path, `https://127.0.0.1:${port}`), options, body)
  await until(() => send('/'))
  return { service, send, sendPlain: () => request(new URL(`http://127.0.0.1:${port}/webhook`)) }
}

async function request(url: URL, options: https.RequestOptions = {}, body?: string): Promise<Answer> {
  const client = url.protocol === 'https:' ? https : http
  const sent = client.request(url, { rejectUnauthorized: false, agent: false, ...options })
  const responded = once(sent, 'response') as Promise<[http.IncomingMessage]>
  sent.on('error', () => {}) // nginx may respond before it has read the whole body
  sent.end(body)
  const [response] = await responded
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: JSON.parse((await readText(response)) || 'null'),
  }
}

/** @returns one response for each status */
async function flood(site: Site, authorization: string): Promise<Record<number, Answer>> {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 10, rejectUnauthorized: false })
  const post = () => site.send('/webhook', { agent, method: 'POST', headers: { authorization } }, EVENT)
  const answers = await Promise.all(Array.from({ length: FLOOD }, post))
  agent.destroy()
  return Object.fromEntries(answers.map((answer) => [answer.status, answer]))
}

nginxTest("forwards an event with the sender's address, and the service's own errors", async () => {
  const { service, send } = await startSite()
  const headers = { ...AUTHORIZED, 'x-forwarded-for': '203.0.113.9' }
  expect(await send('/webhook', { method: 'POST', headers }, EVENT)).toMatchObject({ status: 200 })
  expect(readRecords(service.logDir, 'webhook_log.jsonl')[0].client_ip).toBe('127.0.0.1')

  const rejected = await send('/webhook', { method: 'POST', headers }, '{"event_type":"on_live_chat_requested"}')
  expect(rejected).toMatchObject({
    status: 400,
    body: { error: 'Missing required fields', details: expect.anything() },
  })
  const unauthorized = await send('/webhook', { method: 'POST' }, EVENT)
  expect(unauthorized).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
})

nginxTest('what nginx itself responds has the form of the errors of the service', async () => {
  const { service, send } = await startSite()
  const get = await send('/webhook')
  expect(get).toMatchObject({ status: 405, headers: { allow: 'POST' }, body: { error: 'Method not allowed' } })
  for (const path of ['/', '/readyz', '/error', '/webhook/', '/metrics']) {
    expect(await send(path), path).toMatchObject({ status: 404, body: { error: 'Not found' } })
  }
  const large = await send('/webhook', { method: 'POST', headers: AUTHORIZED }, 'x'.repeat(2 ** 20 + 1))
  expect(large).toMatchObject({ status: 413, body: { error: 'Payload too large' } })
  const header = await send('/webhook', { method: 'POST', headers: { x: 'x'.repeat(9000) } })
  expect(header).toMatchObject({ status: 431, body: { error: 'Request header fields too large' } })

  await service.close()
  const stopped = await send('/webhook', { method: 'POST', headers: AUTHORIZED }, EVENT)
  expect(stopped).toMatchObject({
    status: 502,
    headers: { 'retry-after': '5' },
    body: { error: 'Receiver unavailable' },
  })
})

nginxTest('http on the https port gets a response that send recognizes', async () => {
  const site = await startSite()
  expect(await site.sendPlain()).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining('plain HTTP request') },
  })
})

nginxTest('the health of the service is public, but limited', async () => {
  const { send } = await startSite()
  expect(await send('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } })
  const many = await Promise.all(Array.from({ length: 20 }, () => send('/healthz')))
  expect(many.map(({ status }) => status)).toContain(429)
})

nginxTest('many requests from an address are limited, unless they have the token', async () => {
  const site = await startSite(`"~^Bearer \\Q${TOKEN}\\E$" "";\n`)
  expect(await flood(site, 'Bearer wrong')).toMatchObject({
    401: { body: { error: 'Unauthorized' } },
    429: { headers: { 'retry-after': '5' }, body: { error: 'Too many requests' } },
  })
  expect(Object.keys(await flood(site, `Bearer ${TOKEN}`))).toEqual(['200'])
})
