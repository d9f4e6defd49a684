/** A database that is not there, or does not answer: no server needs to be installed for these. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startTestService } from '../support/service.ts'
import { failures, projectOf, readiness } from '../support/tickets.ts'

/** Accepts connections and does nothing but the given. @returns its port, and the connections that are open */
async function startServer(onConnection: (socket: Socket) => void): Promise<{ port: number; open: Set<Socket> }> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {}).on('close', () => open.delete(socket))
    onConnection(socket.resume())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, open }
}

const say = (bytes: string) => (socket: Socket) => void socket.once('data', () => socket.write(bytes, 'latin1'))

test.for([
  ['mysql', '', () => {}],
  ['mysql', '?sslmode=require', () => {}],
  ['postgres', '', () => {}],
  ['postgres', '?sslmode=require', () => {}],
  // Begins TLS, and falls silent.
  ['postgres', '?sslmode=require', say('S')],
  // Lets the user in, and falls silent.
  ['postgres', '', say('R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I')],
] as const)('a %s server that falls silent costs a ticket its name (%s)', async ([scheme, options, onConnection]) => {
  const { port, open } = await startServer(onConnection)
  const service = await startTestService({ DATABASE_URL: `${scheme}://bob:secret@127.0.0.1:${port}/chat${options}` })
  const names = await Promise.all(Array.from({ length: 30 }, (_, bot) => projectOf(service, bot)))
  expect(new Set(names)).toEqual(new Set(['Unknown Project']))
  expect(failures(service)).toEqual(['no answer within 1000 ms'])
  expect(open.size).toBeLessThanOrEqual(4)
  expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'unreachable' }])
  await service.close()
})

test.for([
  ['mysql', '', (socket: Socket) => socket.end(), /closed the connection/],
  ['mysql', '', (socket: Socket) => socket.resetAndDestroy(), /ECONNRESET/],
  ['postgres', '', (socket: Socket) => socket.end(), /terminated/],
  ['postgres', '', (socket: Socket) => socket.resetAndDestroy(), /ECONNRESET|terminated/],
  ['postgres', '?sslmode=require', say('N'), /does not support SSL/],
] as const)(
  'a %s server that hangs up costs a ticket its name (%s)',
  async ([scheme, options, onConnection, reason]) => {
    const { port } = await startServer(onConnection)
    const service = await startTestService({ DATABASE_URL: `${scheme}://bob:secret@127.0.0.1:${port}/chat${options}` })
    for (const bot of [1, 2, 3, 4, 5, 6]) expect(await projectOf(service, bot)).toBe('Unknown Project')
    expect(failures(service)).toEqual([expect.stringMatching(reason)])
  },
)

test.for(['mysql', 'postgres'])('a %s server that is not there costs a ticket its name', async (scheme) => {
  const service = await startTestService({ DATABASE_URL: `${scheme}://bob:secret@127.0.0.1:1/chat` })
  await expect.poll(() => failures(service)).toEqual([expect.stringMatching(/ECONNREFUSED/)])
  for (const bot of [1, 2, 3, 4, 5, 6]) expect(await projectOf(service, bot)).toBe('Unknown Project')
  expect(failures(service)).toHaveLength(1)
  expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'unreachable' }])
})

test('without a database nothing is told of one', async () => {
  const service = await startTestService()
  expect(await readiness(service)).toEqual([200, { status: 'ready' }])
})
