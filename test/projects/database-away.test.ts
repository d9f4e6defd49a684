/** A database that is not there, or does not answer: no server needs to be installed for these. */
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { makeCertificates } from '../databases/server.ts'
import { makeFolder } from '../support/folder.ts'
import { startTestService } from '../support/service.ts'
import { failures, projectOf, readiness } from '../support/tickets.ts'
import { welcomeToMysql } from './fake-mysql.ts'
import { welcomeToPostgres } from './fake-postgres.ts'
import { say, startServer } from './fake-server.ts'

test.for([
  ['from the start', 'mysql', '', () => {}],
  ['from the start, though it should encrypt,', 'mysql', '?sslmode=require', () => {}],
  ['from the start', 'postgres', '', () => {}],
  ['from the start, though it should encrypt,', 'postgres', '?sslmode=require', () => {}],
  ['after it agreed to encrypt', 'postgres', '?sslmode=require', say('S')],
  ['after it let the user in', 'mysql', '', (socket: Socket) => welcomeToMysql(socket)],
  ['after it let the user in', 'postgres', '', (socket: Socket) => welcomeToPostgres(socket)],
] as const)('a server that is silent %s costs a ticket its name: %s', async ([, scheme, options, onConnection]) => {
  const { port, sockets } = await startServer(onConnection)
  const service = await startTestService({ DATABASE_URL: `${scheme}://bob:secret@127.0.0.1:${port}/chat${options}` })
  const names = await Promise.all(Array.from({ length: 30 }, (_, bot) => projectOf(service, bot)))
  expect(new Set(names)).toEqual(new Set(['Unknown Project']))
  expect(failures(service)).toEqual(['no answer within 1000 ms'])
  expect(sockets.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(4)
  await expect.poll(() => sockets[0]?.destroyed).toBe(true)
  expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'unreachable' }])
  await service.close()
})

test.for([
  ['hangs up', 'mysql', '', (socket: Socket) => socket.end(), /closed the connection/],
  ['resets', 'mysql', '', (socket: Socket) => socket.resetAndDestroy(), /ECONNRESET/],
  ['hangs up', 'postgres', '', (socket: Socket) => socket.end(), /terminated/],
  ['resets', 'postgres', '', (socket: Socket) => socket.resetAndDestroy(), /ECONNRESET|terminated/],
  [
    'resets at a query',
    'mysql',
    '',
    (socket: Socket) => welcomeToMysql(socket, () => socket.resetAndDestroy()),
    /ECONNRESET/,
  ],
  [
    'resets at a query',
    'postgres',
    '',
    (socket: Socket) => welcomeToPostgres(socket, () => socket.resetAndDestroy()),
    /ECONNRESET/,
  ],
  ['does not encrypt', 'mysql', '?sslmode=require', (socket: Socket) => welcomeToMysql(socket), /secure connection/],
  ['does not encrypt', 'postgres', '?sslmode=require', say('N'), /does not support SSL/],
] as const)('a server that %s costs a ticket its name: %s', async ([, scheme, options, onConnection, reason]) => {
  const { port } = await startServer(onConnection)
  const service = await startTestService({ DATABASE_URL: `${scheme}://bob:secret@127.0.0.1:${port}/chat${options}` })
  for (const bot of [1, 2, 3, 4, 5, 6]) expect(await projectOf(service, bot)).toBe('Unknown Project')
  expect(failures(service)).toEqual([expect.stringMatching(reason)])
})

/** Messages of a PostgreSQL that its driver cannot read, each with what the driver says. */
const UNREADABLE = [
  ['asks for GSS', 'R\0\0\0\x08\0\0\0\x07', /authenticationOk message type 7/],
  ['asks for Kerberos', 'R\0\0\0\x08\0\0\0\x02', /authenticationOk message type 2/],
  ['asks for SSPI', 'R\0\0\0\x08\0\0\0\x09', /authenticationOk message type 9/],
  ['cuts its key short', 'R\0\0\0\x08\0\0\0\0K\0\0\0\x04', /range|bounds/],
] as const

test.for(UNREADABLE)('a PostgreSQL that %s costs a ticket its name, and leaves no connection', async (server) => {
  const [, bytes, reason] = server
  const { port, sockets } = await startServer(say(bytes))
  const service = await startTestService({ DATABASE_URL: `postgres://bob:secret@127.0.0.1:${port}/chat` })
  for (const bot of [1, 2, 3, 4, 5, 6]) expect(await projectOf(service, bot)).toBe('Unknown Project')
  expect(failures(service)).toEqual([expect.stringMatching(reason)])
  await expect.poll(() => sockets.every((socket) => socket.destroyed)).toBe(true)
})

test.for(UNREADABLE)('a PostgreSQL that %s over TLS costs a ticket its name', async ([, bytes, reason]) => {
  const folder = makeFolder()
  makeCertificates(folder, {})
  const [key, cert] = ['key', 'pem'].map((kind) => readFileSync(join(folder, `localhost.${kind}`)))
  const { port, sockets } = await startServer((socket) => {
    socket.once('data', () => {
      socket.write('S')
      const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ key, cert }) })
      say(bytes)(secure.on('error', () => {}))
    })
  })
  const service = await startTestService({
    DATABASE_URL: `postgres://bob:secret@127.0.0.1:${port}/chat?sslmode=require`,
  })
  for (const bot of [1, 2, 3, 4, 5, 6]) expect(await projectOf(service, bot)).toBe('Unknown Project')
  expect(failures(service)).toEqual([expect.stringMatching(reason)])
  await expect.poll(() => sockets.every((socket) => socket.destroyed)).toBe(true)
})

test('a PostgreSQL that nobody understands at a query costs a ticket its name', async () => {
  const { port } = await startServer((socket) =>
    welcomeToPostgres(socket, () => socket.write('R\0\0\0\x08\0\0\0\x07', 'latin1')),
  )
  const service = await startTestService({ DATABASE_URL: `postgres://bob:secret@127.0.0.1:${port}/chat` })
  for (const bot of [1, 2, 3, 4, 5, 6]) expect(await projectOf(service, bot)).toBe('Unknown Project')
  expect(failures(service)).toEqual([expect.stringMatching(/authenticationOk message type 7/)])
})

/** Asks for SCRAM-SHA-256, and goes on with another nonce than it should: AuthenticationSASL, AuthenticationSASLContinue. */
function askForScram(socket: Socket): void {
  socket.once('data', () => {
    socket.write('R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0', 'latin1')
    socket.once('data', () => socket.write('R\0\0\0\x19\0\0\0\x0br=x,s=QQ==,i=4096', 'latin1'))
  })
}

test.for([
  ['wants a password where the URL has none', 'bob', askForScram, /password must be a non-empty/],
  ['goes on with a login badly', 'bob:secret', askForScram, /nonce/],
  ['wants an unknown kind of login', 'bob:secret', say('R\0\0\0\x0e\0\0\0\x0aSOME\0\0'), /SCRAM-SHA-256.*supported/],
  ['refuses and stays', 'bob:secret', say('E\0\0\0\x15SFATAL\0Mno, bob\0\0'), /no, bob/],
] as const)('a PostgreSQL that %s leaves no connection open', async ([, user, onConnection, reason]) => {
  const { port, sockets } = await startServer(onConnection)
  const service = await startTestService({ DATABASE_URL: `postgres://${user}@127.0.0.1:${port}/chat` })
  for (let bot = 1; bot <= 50; bot += 1) await projectOf(service, bot)
  expect(failures(service)).toEqual([expect.stringMatching(reason)])
  expect(sockets.length).toBeGreaterThanOrEqual(50)
  expect(sockets.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(4)
  await expect.poll(() => sockets.every((socket) => socket.destroyed)).toBe(true)
})

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
