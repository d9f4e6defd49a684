/** A listening socket passed to the service as systemd does (sd_listen_fds(3)). */
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { descriptorOf, openPassiveSocket, passSocket } from '../support/inherited-socket.ts'
import { startProcess } from '../support/process.ts'

const EVENT = '{"event_type":"on_message_received"}'

test('the service listens on the socket, and HOST and PORT are not used', async () => {
  const { port, descriptor } = openPassiveSocket()
  const receiver = startProcess({ ...passSocket(descriptor), env: { HOST: '192.0.2.77' } })
  await receiver.started
  expect(receiver.port).toBe(port)
  expect((await receiver.post(EVENT)).status).toBe(200)
  expect(receiver.output()).toContain('listening on the socket that systemd passed: HOST and PORT are not used')
})

test('a socket for another process is ignored', async () => {
  const { port, descriptor } = openPassiveSocket()
  const receiver = startProcess({ ...passSocket(descriptor, { pid: '1' }) })
  await receiver.started
  expect(receiver.port).not.toBe(port)
})

test('connections that arrive while the service is down are served once it is up again', async () => {
  const { port, descriptor } = openPassiveSocket()
  const first = startProcess(passSocket(descriptor))
  await first.started
  first.child.kill('SIGTERM')
  expect(await first.exited).toBe(0)
  const waiting = fetch(`http://127.0.0.1:${port}/healthz`)
  const second = startProcess({ ...passSocket(descriptor), folder: first.folder })
  await second.started
  expect((await waiting).status).toBe(200)
})

test('several sockets are rejected', async () => {
  const { descriptor } = openPassiveSocket()
  const receiver = startProcess(passSocket(descriptor, { count: '2' }))
  expect(await receiver.exited).toBe(78)
  expect(receiver.output()).toContain('LISTEN_FDS: this service takes a single socket from systemd')
})

test.for([
  ['a file', async () => openSync('/dev/null', 'r'), 'it is not a socket'],
  ['a Unix socket', openUnixSocket, 'it is a Unix socket'],
  ['a connection (Accept=yes)', openConnection, 'EINVAL'],
] as const)('%s in its place is reported', async ([, open, reason]) => {
  const receiver = startProcess(passSocket(await open()))
  expect(await receiver.exited).toBe(1)
  expect(receiver.output()).toContain('file descriptor 3 is not a listening TCP socket')
  expect(receiver.output()).toContain(reason)
  expect(receiver.output()).not.toMatch(/^\s+at /m)
})

async function openUnixSocket(): Promise<number> {
  const server = createServer().listen(`\0receiver-test-${process.pid}`)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return descriptorOf(server)
}

async function openConnection(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  onTestFinished(() => void socket.destroy())
  return descriptorOf(socket)
}
