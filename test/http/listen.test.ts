/** A host name with two addresses: every protection of the first must apply to the second. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import { createTelemetry } from '../../src/telemetry.ts'
import { buildTestApp } from '../support/app.ts'
import { openSocket, parseAnswers, readUntilEnd } from '../support/raw-socket.ts'

const ADDRESSES = ['127.0.0.1', '127.0.0.2'] as const
const BODY = '{"event_type":"on_message_received"}'
const HEAD = `POST /webhook HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a-token\r\nContent-Length: ${BODY.length}\r\n`
const POST = `${HEAD}Connection: close\r\n\r\n${BODY}`

async function start({ addresses = ADDRESSES as readonly string[], maxConnections = 100, port = 0 } = {}) {
  const urls: string[] = []
  const telemetry = createTelemetry()
  let rejected = 0
  telemetry.on('connectionRejected', () => rejected++)
  const app = buildTestApp({ maxConnections, services: { telemetry } })
  const lookup = async () => addresses.map((address) => ({ address, family: 4 }))
  const options = {
    host: 'localhost',
    port,
    names: { host: 'HOST', port: 'PORT' },
    safeHost: '0.0.0.0',
    onListening: (url: string) => void urls.push(url),
  }
  const listener = await listen(app.fastify, options, lookup)
  onTestFinished(() => listener.close())
  return { ...app, listener, port: listener.port, urls, rejected: () => rejected }
}

async function ask(port: number, address: string, bytes: string) {
  const socket = await openSocket(port, address)
  socket.write(bytes)
  return parseAnswers(await readUntilEnd(socket)).map(({ status, body }) => [status, JSON.parse(body)])
}

const isRefused = (port: number, address: string) =>
  openSocket(port, address).then(
    () => false,
    () => true,
  )

describe.skipIf(process.platform !== 'linux')('with two addresses (only Linux listens on all of 127.0.0.0/8)', () => {
  test.for(ADDRESSES)('%s responds as the contract defines', async (address) => {
    const { port, urls } = await start()
    expect(await ask(port, address, POST)).toEqual([[200, { status: 'success' }]])
    expect(await ask(port, address, 'garbage\r\n\r\n')).toEqual([[400, { error: 'Bad request' }]])
    const connect = 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'
    expect(await ask(port, address, connect)).toEqual([[405, { error: 'Method not allowed' }]])
    const expecting = POST.replace('Connection', 'Expect: other\r\nConnection')
    expect(await ask(port, address, expecting)).toEqual([[417, { error: 'Expectation failed' }]])
    expect(urls).toContain(`http://${address}:${port}`)
  })

  test('the connection limit applies to both together', async () => {
    const { port, rejected } = await start({ maxConnections: 2 })
    const held = await Promise.all(ADDRESSES.map((address) => openSocket(port, address)))
    for (const address of ADDRESSES) expect(await readUntilEnd(await openSocket(port, address))).toBe('')
    expect(rejected()).toBe(2)
    held[0]?.destroy()
    await expect.poll(() => ask(port, ADDRESSES[1], POST)).toEqual([[200, { status: 'success' }]])
  })

  test.for(ADDRESSES)(
    'shutdown finishes the in-flight request on %s, and accepts no more connections',
    async (address) => {
      const { port, fastify, connections, listener } = await start()
      const idle = await Promise.all(ADDRESSES.map((each) => openSocket(port, each)))
      const busy = await openSocket(port, address)
      busy.write(`${HEAD}\r\n${BODY.slice(0, 5)}`)
      // A response on another connection shows that the bytes written before have arrived.
      expect(await ask(port, address, POST)).toHaveLength(1)
      const closing = Promise.all([fastify.close(), listener.close()])
      for (const each of ADDRESSES) await expect.poll(() => isRefused(port, each)).toBe(true)
      connections.closeIdle()
      await Promise.all(idle.map((socket) => readUntilEnd(socket)))
      const answer = readUntilEnd(busy)
      busy.write(BODY.slice(5))
      expect(parseAnswers(await answer)).toMatchObject([{ status: 200, headers: { connection: 'close' } }])
      await closing
    },
  )

  test('a second address that is in use is an error, and nothing listens', async () => {
    const other = createServer().listen(0, ADDRESSES[1])
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const { port } = other.address() as { port: number }
    await expect(start({ port })).rejects.toThrow(`PORT: ${port} is already in use`)
    expect(await isRefused(port, ADDRESSES[0])).toBe(true)
  })
})

test('an address that this machine does not have is skipped, unless it is the first', async () => {
  const { port } = await start({ addresses: ['127.0.0.1', '192.0.2.77'] })
  expect(await ask(port, '127.0.0.1', POST)).toEqual([[200, { status: 'success' }]])
  await expect(start({ addresses: ['192.0.2.77', '127.0.0.1'] })).rejects.toThrow(
    'HOST: localhost is not an address of this machine',
  )
})
