/** What `send` says when something other than the service responds. */
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo, type Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { describeBody } from '../../src/cli/send/describe-body.ts'
import { explainNoResponse } from '../../src/cli/send/no-response.ts'
import { post, type WebhookResponse } from '../../src/cli/send/post.ts'
import { suggestFix } from '../../src/cli/send/suggest-fix.ts'
import { makeFolder } from '../support/folder.ts'
import { run } from '../support/send.ts'
import { startTestService, TOKEN } from '../support/service.ts'

/** @returns the host and port */
async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const send = (url: string) => post(new URL(url), TOKEN, '{}', 5000)

/** @returns what to do about a response to a request for http://127.0.0.1:1/webhook */
function adviceFor(response: Partial<WebhookResponse>): string {
  const empty = { statusText: '', body: '', replayed: false, location: undefined, server: undefined, duration: 1 }
  return suggestFix({ status: 500, ...empty, ...response }, new URL('http://127.0.0.1:1/webhook'), 200)
}

const PAGE = `<!-- a proxy -->
<html>\r\n<head><title>502 Bad\u001b[2J Gateway</title></head><body>${'padding '.repeat(10_000)}</body></html>`

test('an HTML page is named by its title, and whoever sent it by its name', async () => {
  const proxy = http.createServer((_, response) => response.writeHead(502, { server: 'nginx/1.22.1' }).end(PAGE))
  const url = `http://${await listen(proxy)}/webhook`
  const { code, stdout, stderr } = await run(makeFolder(), ['on_ticket_created', '--url', url, '--token', TOKEN])
  expect(code).toBe(1)
  expect(stdout).toContain('\n(an HTML page, not JSON) 502 Bad\\u001b[2J Gateway\n')
  expect(stdout).not.toContain('padding')
  expect(stderr).toContain('nginx/1.22.1 responded, not the service behind it. Is the service running')
})

test.for([
  ['<html><body>\n<h1>No tunnel</h1>\n<p>here</p>', '(an HTML page, not JSON) No tunnel'],
  ['  upstream timed out\nsecond line', '(text, not JSON) upstream timed out'],
  ['x'.repeat(1000), `(text, not JSON) ${'x'.repeat(199)}…`],
  [' \n', '(no body)'],
] as const)('the body %j is shown as %j', ([body, shown]) => {
  expect(describeBody(body)).toBe(shown)
})

test('a response that is not from the service says so', () => {
  expect(adviceFor({ status: 500 })).toContain('A proxy or another program responded, not the service. Check that')
})

test.for([
  [401, 'a login of its own'],
  [403, 'a login of its own'],
  [404, 'There is no webhook at /webhook. '],
  [413, 'client_max_body_size'],
  [429, 'limits how many requests'],
  [503, 'Is the service running'],
  [504, 'Is the service running'],
] as const)('a %i that is not from the service has its own advice', ([status, advice]) => {
  expect(adviceFor({ status, server: 'Caddy' })).toContain('Caddy responded, not the service')
  expect(adviceFor({ status, server: 'Caddy' })).toContain(advice)
})

test.for([
  '<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>', // nginx
  'Client sent an HTTP request to an HTTPS server.\n', // Go, so Caddy and Traefik
  "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />", // Apache
])('http to a port that expects https, where the server says so: %s', (body) => {
  expect(adviceFor({ status: 400, body })).toBe('127.0.0.1:1 expects TLS. Use https://127.0.0.1:1/webhook instead.')
})

test('http to a port that expects https, where the server closes the connection', async () => {
  const address = await listen(https.createServer())
  const advice = `If that port expects TLS, use https://${address}/webhook instead, or omit --url and set TLS_CERT_FILE`
  await expect(send(`http://${address}/webhook`)).rejects.toThrow(advice)
})

test('a certificate is suggested only for an address of this machine', () => {
  const error = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
  const advice = (url: string) => explainNoResponse(error, new URL(url), false)
  for (const host of ['localhost', '127.0.0.2', '[::1]']) expect(advice(`http://${host}/`)).toContain('TLS_CERT_FILE')
  expect(advice('http://localhost.example.com/')).toMatch(/use https:\/\/localhost\.example\.com\/ instead\.$/)
})

test('https to the port of the service', async () => {
  const { url } = await startTestService()
  const advice = `does not use TLS. Use ${url} instead. For DigiReply`
  await expect(send(url.replace('http:', 'https:'))).rejects.toThrow(advice)
})

test('a failed TLS handshake is told by its reason alone', async () => {
  const address = await listen(https.createServer()) // has no certificate, so it has no cipher either
  const message = /^No TLS connection to 127\.0\.0\.1:\d+: [\w/ ]+\. Check the TLS settings of the server there\.$/
  await expect(send(`https://${address}/webhook`)).rejects.toThrow(message)
})

test('a port that does not respond with HTTP', async () => {
  const server = net.createServer((socket) => socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.2\r\n'))
  const address = await listen(server)
  await expect(send(`http://${address}/webhook`)).rejects.toThrow(`The response of ${address} is not HTTP.`)
})
