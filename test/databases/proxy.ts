import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Forwards received data, immediately or later, changed or unchanged. */
export type Relay = (data: Buffer, pass: (data: Buffer) => void) => void

/** Starts a proxy in front of a server, which relays both directions. @returns its port */
export async function startProxy(port: number, relay: Relay): Promise<number> {
  const sockets = new Set<Socket>()
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from)
      from.setNoDelay()
      from.on('data', (data) => relay(data, (changed) => to.writable && to.write(changed)))
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  return (proxy.address() as AddressInfo).port
}

/** Adds latency in each direction. */
export function delay(milliseconds: number): Relay {
  return (data, pass) => setTimeout(() => pass(data), milliseconds)
}

/**
 * Flips bits in one out of `oneOf` chunks on average.
 *
 * @param random returns numbers from 0 (inclusive) to 1 (exclusive)
 */
export function flipBits(random: () => number, oneOf: number): Relay {
  return (data, pass) => {
    if (random() * oneOf < 1) {
      for (let count = 1 + Math.floor(random() * 3); count > 0; count -= 1) {
        const index = Math.floor(random() * data.length)
        data[index] = (data[index] ?? 0) ^ (1 << Math.floor(random() * 8))
      }
    }
    pass(data)
  }
}
