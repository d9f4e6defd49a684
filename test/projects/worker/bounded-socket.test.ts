import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { BoundedSocket } from '../../../src/projects/worker/bounded-socket.ts'
import { sharedLookup } from '../../../src/projects/worker/shared-lookup.ts'
import { startServer } from '../fake-server.ts'

async function connect(onConnection: (socket: Socket) => void, maxBytes = 1000) {
  const server = await startServer(onConnection)
  const socket = new BoundedSocket(sharedLookup())
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  socket.allow(maxBytes)
  let received = ''
  socket.on('data', (data) => {
    received += data
  })
  socket.connect(server.port, 'localhost')
  return { socket, server, received: () => received }
}

const reasonOf = async (socket: BoundedSocket) => {
  if (!socket.ended.aborted) await once(socket.ended, 'abort')
  return socket.ended.reason.message
}

test('what is said goes to the other side', async () => {
  const { socket, received } = await connect((other) => other.pipe(other))
  await once(socket, 'connect')
  socket.write('hello')
  await expect.poll(received).toBe('hello')
  socket.end()
  expect(await reasonOf(socket)).toBe('the connection was closed')
})

test('more bytes than allowed end it; permission can be renewed', async () => {
  const { socket, received } = await connect((other) => {
    other.write('x'.repeat(1000))
    other.on('data', (data) => other.write('x'.repeat(Number(data))))
  })
  await expect.poll(() => received().length).toBe(1000)
  socket.allow(10)
  socket.write('10')
  await expect.poll(() => received().length).toBe(1010)
  socket.write('1')
  expect(await reasonOf(socket)).toBe('the server sent more than 10 bytes in one answer')
  expect(received()).toHaveLength(1010)
})

test('silence ends it, if it should', async () => {
  const { socket } = await connect(() => {})
  socket.endAfterSilence(50)
  socket.endAfterSilence(0)
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(socket.destroyed).toBe(false)
  socket.endAfterSilence(50)
  expect(await reasonOf(socket)).toBe('the server was silent for 50 ms')
})

test.for([
  ['ends', (other: Socket) => other.end(), 'the connection was closed'],
  ['resets', (other: Socket) => other.resetAndDestroy(), 'read ECONNRESET'],
] as const)('a server that %s it is its end', async ([, end, reason]) => {
  const { socket } = await connect((other) => void other.once('data', () => end(other)))
  socket.write('x')
  expect(await reasonOf(socket)).toBe(reason)
})

test('a server that cannot be reached is its end', async () => {
  const socket = new BoundedSocket(sharedLookup()).on('error', () => {})
  socket.connect(1, '127.0.0.1')
  expect(await reasonOf(socket)).toMatch(/ECONNREFUSED/)
})

test('destroying it tells why', async () => {
  const { socket, server } = await connect(() => {})
  await once(socket, 'connect')
  socket.destroy(new Error('enough'))
  expect(await reasonOf(socket)).toBe('enough')
  await expect.poll(() => server.sockets[0]?.destroyed).toBe(true)
})

test('a reader that is busy stops the server', async () => {
  const { socket, server } = await connect((other) => void other.write(Buffer.alloc(50_000_000)), 100_000_000)
  await once(socket, 'data')
  socket.pause()
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(socket.readableLength).toBeLessThan(1_000_000)
  expect(server.sockets[0]?.writableLength).toBeGreaterThan(0)
})
