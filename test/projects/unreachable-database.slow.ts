/** A database that is unreachable or does not respond. No database server needs to be installed for these tests. */
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { createCertificates } from '../databases/server.ts'
import { makeFolder } from '../support/folder.ts'
import { startTestService } from '../support/service.ts'
import { failures, projectOf, readiness } from '../support/tickets.ts'
import { acceptMysqlLogin } from './fake-mysql.ts'
import { acceptPostgresLogin } from './fake-postgres.ts'
import { say, startServer } from './fake-server.ts'

test.for([
  ['never responds', 'mysql', '', () => {}],
  ['never responds, with TLS required,', 'mysql', '?sslmode=require', () => {}],
  ['never responds', 'postgres', '', () => {}],
  ['never responds, with TLS required,', 'postgres', '?sslmode=require', () => {}],
  ['stops responding after agreeing to TLS', 'postgres', '?sslmode=require', say('S')],
  ['stops responding after the login', 'mysql', '', (socket: Socket) => acceptMysqlLogin(socket)],
  ['stops responding after the login', 'postgres', '', (socket: Socket) => acceptPostgresLogin(socket)],
] as const)('a server that %s only costs tickets their names: %s', async ([, scheme, options, onConnection]) => {
  const { port, sockets } = await startServer(onConnection)
  const service = await startTestService({ DATABASE_URL: `${scheme}://bob:secret@127.0.0.1:${port}/chat${options}` })
  const names = await Promise.all(Array.from({ length: 30 }, (_, bot) => projectOf(service, bot)))
  expect(new Set(names)).toEqual(new Set(['Unknown Project']))
  expect(failures(service)).toEqual(['no response within 1000 ms'])
  expect(sockets.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(4)
  await expect.poll(() => sockets[0]?.destroyed).toBe(true)
  expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'unreachable' }])
  await service.close()
})

test.for([
  ['closes connections', 'mysql', '', (socket: Socket) => socket.end(), /closed the connection/],
  ['resets connections', 'mysql', '', (socket: Socket) => socket.resetAndDestroy(), /ECONNRESET/],
  ['closes connections', 'postgres', '', (socket: Socket) => socket.end(), /terminated/],
  ['resets connections', 'postgres', '', (socket: Socket) => socket.resetAndDestroy(), /ECONNRESET|terminated/],
  [
    'resets connections on a query',
    'mysql',
    '',
    (socket: Socket) => acceptMysqlLogin(socket, () => socket.resetAndDestroy()),
    /ECONNRESET/,
  ],
  [
    'resets connections on a query',
    'postgres',
    '',
    (socket: Socket) => acceptPostgresLogin(socket, () => socket.resetAndDestroy()),
    /ECONNRESET/,
  ],
  [
    'does not support TLS',
    'mysql',
    '?sslmode=require',
    (socket: Socket) => acceptMysqlLogin(socket),
    /secure connection/,
  ],
  ['does not support TLS', 'postgres', '?sslmode=require', say('N'), /does not support SSL/],
] as const)(
  'a server that %s only costs tickets their names: %s',
  async ([, scheme, options, onConnection, reason]) => {
    const { port } = await startServer(onConnection)
    const service = await startTestService({ DATABASE_URL: `${scheme}://bob:secret@127.0.0.1:${port}/chat${options}` })
    for (const bot of [1, 2, 3, 4, 5, 6]) expect(await projectOf(service, bot)).toBe('Unknown Project')
    expect(failures(service)).toEqual([expect.stringMatching(reason)])
  },
)

/** Messages from a PostgreSQL server that the driver cannot parse, each with the driver's error. */
const UNREADABLE = [
  ['requires GSS', 'R\0\0\0\x08\0\0\0\x07', /authenticationOk message type 7/],
  ['requires Kerberos', 'R\0\0\0\x08\0\0\0\x02', /authenticationOk message type 2/],
  ['requires SSPI', 'R\0\0\0\x08\0\0\0\x09', /authenticationOk message type 9/],
  ['sends a truncated key', 'R\0\0\0\x08\0\0\0\0K\0\0\0\x04', /range|bounds/],
] as const

test.for(UNREADABLE)(
  'a PostgreSQL server that %s only costs tickets their names, without leaking connections',
  async (server) => {
    const [, bytes, reason] = server
    const { port, sockets } = await startServer(say(bytes))
    const service = await startTestService({ DATABASE_URL: `postgres://bob:secret@127.0.0.1:${port}/chat` })
    for (const bot of [1, 2, 3, 4, 5, 6]) expect(await projectOf(service, bot)).toBe('Unknown Project')
    expect(failures(service)).toEqual([expect.stringMatching(reason)])
    await expect.poll(() => sockets.every((socket) => socket.destroyed)).toBe(true)
  },
)

test.for(UNREADABLE)(
  'a PostgreSQL server that %s over TLS only costs tickets their names',
  async ([, bytes, reason]) => {
    const directory = makeFolder()
    createCertificates(directory, {})
    const [key, cert] = ['key', 'pem'].map((kind) => readFileSync(join(directory, `localhost.${kind}`)))
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
  },
)

test('a PostgreSQL server that sends an unknown message on a query only costs tickets their names', async () => {
  const { port } = await startServer((socket) =>
    acceptPostgresLogin(socket, () => socket.write('R\0\0\0\x08\0\0\0\x07', 'latin1')),
  )
  const service = await startTestService({ DATABASE_URL: `postgres://bob:secret@127.0.0.1:${port}/chat` })
  for (const bot of [1, 2, 3, 4, 5, 6]) expect(await projectOf(service, bot)).toBe('Unknown Project')
  expect(failures(service)).toEqual([expect.stringMatching(/authenticationOk message type 7/)])
})

/** Requests SCRAM-SHA-256, and continues with a wrong nonce: AuthenticationSASL, AuthenticationSASLContinue. */
function requestScram(socket: Socket): void {
  socket.once('data', () => {
    socket.write('R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0', 'latin1')
    socket.once('data', () => socket.write('R\0\0\0\x19\0\0\0\x0br=x,s=QQ==,i=4096', 'latin1'))
  })
}

test.for([
  ['requests a password when the URL has none', 'bob', requestScram, /password must be a non-empty/],
  ['sends a wrong nonce', 'bob:secret', requestScram, /nonce/],
  [
    'requests an unknown authentication method',
    'bob:secret',
    say('R\0\0\0\x0e\0\0\0\x0aSOME\0\0'),
    /SCRAM-SHA-256.*supported/,
  ],
  ['rejects the login without closing the connection', 'bob:secret', say('E\0\0\0\x15SFATAL\0Mno, bob\0\0'), /no, bob/],
] as const)('a PostgreSQL server that %s leaks no connection', async ([, user, onConnection, reason]) => {
  const { port, sockets } = await startServer(onConnection)
  const service = await startTestService({ DATABASE_URL: `postgres://${user}@127.0.0.1:${port}/chat` })
  for (let bot = 1; bot <= 50; bot += 1) await projectOf(service, bot)
  expect(failures(service)).toEqual([expect.stringMatching(reason)])
  expect(sockets.length).toBeGreaterThanOrEqual(50)
  expect(sockets.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(4)
  await expect.poll(() => sockets.every((socket) => socket.destroyed)).toBe(true)
})

test.for(['mysql', 'postgres'])('a %s server that is not running only costs tickets their names', async (scheme) => {
  const service = await startTestService({ DATABASE_URL: `${scheme}://bob:secret@127.0.0.1:1/chat` })
  await expect.poll(() => failures(service)).toEqual([expect.stringMatching(/ECONNREFUSED/)])
  for (const bot of [1, 2, 3, 4, 5, 6]) expect(await projectOf(service, bot)).toBe('Unknown Project')
  expect(failures(service)).toHaveLength(1)
  expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'unreachable' }])
})

test('without a database, /readyz does not mention one', async () => {
  const service = await startTestService()
  expect(await readiness(service)).toEqual([200, { status: 'ready' }])
})
