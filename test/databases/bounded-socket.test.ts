import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { BoundedSocket } from '../../src/databases/bounded-socket.ts'
import { sharedLookup } from '../../src/databases/shared-lookup.ts'
import { startServer } from '../projects/fake-server.ts'

async function connect(onConnection: (socket: Socket) => void, maxBytes = 1000) {
  const server = await startServer(onConnection)
  const socket = new BoundedSocket(sharedLookup())
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  socket.limitBytes(maxBytes)
  let received = ''
  socket.on('data', (data) => {
    received += data
  })
  socket.connect(server.port, 'localhost')
  return { socket, server, received: () => received }
}

const reasonOf = async (socket: BoundedSocket) => {
  if (!socket.closeSignal.aborted) await once(socket.closeSignal, 'abort')
  return socket.closeSignal.reason.message
}

test('data is transferred in both directions', async () => {
  const { socket, received } = await connect((other) => other.pipe(other))
  await once(socket, 'connect')
  socket.write('hello')
  await expect.poll(received).toBe('hello')
  socket.end()
  expect(await reasonOf(socket)).toBe('the connection was closed')
})

test('exceeding the byte limit closes it, and the limit can be renewed', async () => {
  const { socket, received } = await connect((other) => {
    other.write('x'.repeat(1000))
    other.on('data', (data) => other.write('x'.repeat(Number(data))))
  })
  await expect.poll(() => received().length).toBe(1000)
  socket.limitBytes(10)
  socket.write('10')
  await expect.poll(() => received().length).toBe(1010)
  socket.write('1')
  expect(await reasonOf(socket)).toBe('the server sent more than 10 bytes in one response')
  expect(received()).toHaveLength(1010)
})

test('it is closed after the idle timeout, if there is one', async () => {
  const { socket } = await connect(() => {})
  socket.setIdleTimeout(50)
  socket.setIdleTimeout(0)
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(socket.destroyed).toBe(false)
  socket.setIdleTimeout(50)
  expect(await reasonOf(socket)).toBe('no data from the server for 50 ms')
})

test.for([
  ['closes', (other: Socket) => other.end(), 'the connection was closed'],
  ['resets', (other: Socket) => other.resetAndDestroy(), 'read ECONNRESET'],
] as const)('a server that %s the connection is reported', async ([, end, reason]) => {
  const { socket } = await connect((other) => void other.once('data', () => end(other)))
  socket.write('x')
  expect(await reasonOf(socket)).toBe(reason)
})

test('an unreachable server is reported', async () => {
  const socket = new BoundedSocket(sharedLookup()).on('error', () => {})
  socket.connect(1, '127.0.0.1')
  expect(await reasonOf(socket)).toMatch(/ECONNREFUSED/)
})

test('destroying it reports the given error', async () => {
  const { socket, server } = await connect(() => {})
  await once(socket, 'connect')
  socket.destroy(new Error('enough'))
  expect(await reasonOf(socket)).toBe('enough')
  await expect.poll(() => server.sockets[0]?.destroyed).toBe(true)
})

test('a slow reader applies backpressure to the server', async () => {
  const { socket, server } = await connect((other) => void other.write(Buffer.alloc(50_000_000)), 100_000_000)
  await once(socket, 'data')
  socket.pause()
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(socket.readableLength).toBeLessThan(1_000_000)
  expect(server.sockets[0]?.writableLength).toBeGreaterThan(0)
})
