import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface FakeServer {
  readonly port: number
  /** All connections, in order. */
  readonly sockets: Socket[]
  /** Everything that was received, as latin1. */
  received(): string
}

/** Accepts connections and passes them to `onConnection`. */
export async function startServer(onConnection: (socket: Socket) => void): Promise<FakeServer> {
  const sockets: Socket[] = []
  let received = ''
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    socket.on('data', (data) => {
      received += data.toString('latin1')
    })
    onConnection(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, sockets, received: () => received }
}

/** Responds to the first bytes that it receives. */
export const say = (bytes: string) => (socket: Socket) => void socket.once('data', () => socket.write(bytes, 'latin1'))

/** Calls back for each complete message. `length` returns the length of the first, or undefined if it needs more bytes. */
export function onMessages(
  socket: Socket,
  length: (received: Buffer) => number | undefined,
  onMessage: (message: Buffer) => void,
): void {
  let received = Buffer.alloc(0)
  socket.on('data', (data) => {
    received = Buffer.concat([received, data])
    for (let end = length(received); end !== undefined && end <= received.length; end = length(received)) {
      const message = received.subarray(0, end)
      received = received.subarray(end)
      onMessage(message)
    }
  })
}
