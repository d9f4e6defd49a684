/** HTTPS: the rules for connections apply as without TLS, and renewed certificates take effect. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { tlsLimits } from '../../src/config/limits.ts'
import { listen } from '../../src/http/listen.ts'
import { LiveCertificate } from '../../src/http/live-certificate.ts'
import { checkKeyPair } from '../../src/lib/key-pair.ts'
import { logTelemetry } from '../../src/logging/log-telemetry.ts'
import { createTelemetry } from '../../src/telemetry.ts'
import { buildTestApp } from '../support/app.ts'
import { createCertificate, hasOpenssl, replaceFiles } from '../support/certificates.ts'
import type { LogRecord } from '../support/folder.ts'
import { openSocket, parseAnswers, readUntilEnd } from '../support/raw-socket.ts'
import { until } from '../support/wait.ts'

const BODY = '{"event_type":"on_message_received"}'
const HEAD = `POST /webhook HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a-token\r\nContent-Length: ${BODY.length}\r\n`
const POST = `${HEAD}\r\n${BODY}`

async function start({
  maxConnections = 100,
  limits = {},
  addresses = ['127.0.0.1'],
  days = 90,
  isRereadable = true,
} = {}) {
  const files = createCertificate({ days })
  const lines: LogRecord[] = []
  const logger = pino({}, { write: (line) => void lines.push(JSON.parse(line)) })
  const telemetry = createTelemetry()
  logTelemetry(telemetry, logger)
  const pair = checkKeyPair({ bytes: files.cert }, { bytes: files.key })
  if ('in' in pair) return expect.unreachable(pair.message)
  const configured = { ...files, pair, isRereadable }
  const certificate = new LiveCertificate(configured, { ...tlsLimits, readInterval: 20, ...limits }, telemetry)
  onTestFinished(certificate.watch())
  const app = buildTestApp({ maxConnections, certificate, services: { telemetry } })
  const lookup = async () => addresses.map((address) => ({ address, family: 4 }))
  const urls: string[] = []
  const names = { host: 'HOST', port: 'PORT' }
  const options = {
    host: 'localhost',
    port: 0,
    names,
    safeHost: '0.0.0.0',
    onListening: (url: string) => void urls.push(url),
  }
  const listener = await listen(app.fastify, options, lookup)
  onTestFinished(() => listener.close())
  const logged = (text: string) => lines.filter(({ msg }) => msg.includes(text))
  return { ...app, listener, port: listener.port, files, certificate, urls, logged }
}

async function openTls(port: number, options: object = {}): Promise<TLSSocket> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

async function statusOn(socket: TLSSocket): Promise<string> {
  socket.write(POST)
  const [chunk] = await once(socket, 'data')
  return String(chunk).slice(9, 12)
}

const expiryOf = (socket: TLSSocket) => new Date(socket.getPeerCertificate().valid_to).getTime()

test('an HTTPS client at an HTTP port gets a hint in the log', async () => {
  const telemetry = createTelemetry()
  const reasons: string[] = []
  telemetry.on('requestRejected', ({ reason }) => reasons.push(reason))
  const { fastify } = buildTestApp({ services: { telemetry } })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  await expect(openTls((fastify.server.address() as AddressInfo).port)).rejects.toThrow()
  expect(reasons).toEqual([expect.stringContaining('an HTTPS client may be connecting')])
})

describe.skipIf(!hasOpenssl)('with a certificate', () => {
  test.for(['127.0.0.1', '127.0.0.2'])('%s serves HTTPS with TLS 1.2 and 1.3', async (host) => {
    const { port, urls } = await start({ addresses: ['127.0.0.1', '127.0.0.2'] })
    expect(urls).toContain(`https://${host}:${port}`)
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const socket = await openTls(port, { host, minVersion: version, maxVersion: version })
      expect(socket.getProtocol()).toBe(version)
      expect(await statusOn(socket)).toBe('200')
    }
  })

  test('after a renewal, too, TLS 1.1 is refused with a reason in the log', async () => {
    const { port, files, certificate, logged } = await start()
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    await expect(openTls(port, old)).rejects.toThrow()
    replaceFiles(files, createCertificate())
    await certificate.reload()
    await expect(openTls(port, old)).rejects.toThrow()
    await until(() => expect(logged('TLS handshake failed')).toHaveLength(2))
    for (const line of logged('TLS handshake failed')) {
      expect(line).toMatchObject({ reason: expect.stringContaining('TLS 1.2 or newer'), client_ip: '127.0.0.1' })
    }
  })

  test('a plain HTTP client is disconnected, and the log says why', async () => {
    const { port, logged } = await start()
    const socket = await openSocket(port)
    socket.write(POST)
    expect(await readUntilEnd(socket)).not.toContain('HTTP')
    await until(() => expect(logged('TLS handshake failed')).toHaveLength(1))
    expect(logged('TLS handshake failed')[0].reason).toContain('use https in its URL')
    expect(logged('request rejected')).toEqual([])
  })

  test('what is not HTTP inside TLS is answered as the contract defines', async () => {
    const { port, logged } = await start()
    const socket = await openTls(port)
    socket.write('garbage\r\n\r\n')
    expect(parseAnswers(await readUntilEnd(socket))).toMatchObject([{ status: 400, body: '{"error":"Bad request"}' }])
    expect(logged('request rejected')[0].reason).toBe('not an HTTP request (HPE_INVALID_METHOD)')
  })

  test('a client that leaves during the handshake is not logged, and a silent one is disconnected', async () => {
    const { port, logged } = await start({ limits: { handshakeTimeout: 300 } })
    const leaving = await openSocket(port)
    leaving.destroy()
    const resetting = await openSocket(port)
    resetting.write('\x16\x03\x01')
    resetting.resetAndDestroy()
    expect(await readUntilEnd(await openSocket(port))).toBe('')
    await until(() => expect(logged('TLS handshake failed')).toHaveLength(1))
    expect(logged('TLS handshake failed')[0].reason).toContain('did not complete the handshake in time')
    expect(await statusOn(await openTls(port))).toBe('200')
  })

  test('the connection limit counts handshakes and sessions, each once', async () => {
    const { port, logged } = await start({ maxConnections: 3 })
    const halfOpen = await openSocket(port)
    const sessions = [await openTls(port), await openTls(port)]
    expect(await readUntilEnd(await openSocket(port))).toBe('')
    expect(logged('connection rejected')).toHaveLength(1)
    halfOpen.destroy()
    sessions[0]?.destroy()
    await until(async () => {
      const [first, second] = [await openTls(port), await openTls(port)]
      expect([await statusOn(first), await statusOn(second)]).toEqual(['200', '200'])
    })
  })

  test('shutdown finishes in-flight requests and closes idle connections and handshakes', async () => {
    const { port, fastify, connections, listener } = await start()
    const halfOpen = await openSocket(port)
    const [idle, busy] = [await openTls(port), await openTls(port)]
    busy.write(`${HEAD}\r\n${BODY.slice(0, 5)}`)
    expect(await statusOn(await openTls(port))).toBe('200')
    const closing = Promise.all([fastify.close(), listener.close()])
    connections.closeIdle()
    await Promise.all([readUntilEnd(halfOpen), readUntilEnd(idle)])
    const answer = readUntilEnd(busy)
    busy.write(BODY.slice(5))
    expect(parseAnswers(await answer)).toMatchObject([{ status: 200, headers: { connection: 'close' } }])
    await closing
  })

  test('a renewed certificate is used for new connections, and open ones stay', async () => {
    const { port, files, certificate, logged } = await start({ days: 20 })
    const before = await openTls(port)
    const renewed = createCertificate({ days: 200 })
    replaceFiles(files, renewed)
    await until(() => expect(logged('certificate renewed')).toHaveLength(1))
    expect(expiryOf(await openTls(port))).toBe(certificate.expires.getTime())
    expect(expiryOf(await openTls(port))).toBeGreaterThan(expiryOf(before))
    expect(await statusOn(before)).toBe('200')
  })

  test('a pair that does not match is reported once, if it stays, and the previous one is served', async () => {
    const { port, files, certificate, logged } = await start({ limits: { readsBeforeReport: 10 } })
    const renewed = createCertificate({ days: 300 })
    // As certbot does: one file, and soon the other.
    writeFileSync(files.certFile, renewed.cert)
    await new Promise((resolve) => setTimeout(resolve, 80))
    writeFileSync(files.keyFile, renewed.key)
    await until(() => expect(logged('certificate renewed')).toHaveLength(1))
    const { expires } = certificate
    expect(logged('cannot use')).toEqual([])

    writeFileSync(files.keyFile, createCertificate().key)
    await until(() => expect(logged('cannot use')).toHaveLength(1))
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(logged('cannot use')).toHaveLength(1)
    expect(logged('cannot use')[0]).toMatchObject({
      file: files.keyFile,
      reason: expect.stringContaining('the key does not belong to the certificate'),
    })
    expect(expiryOf(await openTls(port))).toBe(expires.getTime())
    expect(JSON.stringify(logged(''))).not.toContain('PRIVATE')
  })

  test('reload() reports at once, and a certificate that expires soon gets a warning', async () => {
    const { files, certificate, logged } = await start({ limits: { readInterval: 60_000 } })
    await certificate.reload()
    expect(logged('')).toEqual([])
    writeFileSync(files.keyFile, 'x')
    await certificate.reload()
    expect(logged('cannot use')).toHaveLength(1)
    replaceFiles(files, createCertificate({ days: 3 }))
    await certificate.reload()
    expect(logged('certificate renewed')).toHaveLength(1)
    expect(logged('has expired or expires soon')).toHaveLength(1)
  })

  test.for(['a poll', 'a reload'])('%s reports once that the previous files are back', async (how) => {
    const readInterval = how === 'a poll' ? 20 : 60_000
    const { files, certificate, logged } = await start({ limits: { readInterval } })
    const reread = () => (how === 'a reload' ? certificate.reload() : undefined)
    for (const times of [1, 2]) {
      writeFileSync(files.keyFile, '')
      await reread()
      await until(() => expect(logged('cannot use')).toHaveLength(times))
      replaceFiles(files, files)
      await reread()
      await until(() => expect(logged('restored')).toHaveLength(times))
      await certificate.reload()
      expect(logged('restored')).toHaveLength(times)
    }
    replaceFiles(files, createCertificate())
    await certificate.reload()
    expect(logged('').map(({ level }) => level)).toEqual([50, 30, 50, 30, 30])
  })

  test('files that were pipes are not read again', async () => {
    const { files, certificate, logged } = await start({ isRereadable: false })
    replaceFiles(files, createCertificate())
    await certificate.reload()
    expect(logged('')).toEqual([])
  })

  test('500 clients that never complete a handshake do not delay a good one', async () => {
    const { port } = await start({ maxConnections: 1000 })
    await Promise.all(Array.from({ length: 500 }, () => openSocket(port)))
    const agent = new Agent({ rejectUnauthorized: false })
    const headers = { authorization: 'Bearer a-token' }
    const sending = request({ agent, port, host: '127.0.0.1', path: '/webhook', method: 'POST', headers })
    sending.end(BODY)
    const [response] = await once(sending, 'response')
    expect(response.statusCode).toBe(200)
    response.resume()
    agent.destroy()
  })
})
