import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { parseDatabaseUrl } from '../../src/databases/database-url.ts'
import { PrimaryFinder } from '../../src/databases/primary.ts'
import { LOGGED_IN, message } from '../projects/fake-postgres.ts'
import { startServer } from '../projects/fake-server.ts'
import { until } from '../support/wait.ts'
import { freePort } from './server.ts'

interface Role {
  isStandby?: boolean
  isReadOnly?: boolean
  timeline?: string
}

const LIMITS = { timeoutMs: 10_000, maxResponseBytes: 10_000 }
const BOOLEAN = 16
const TEXT = 25

const int16 = (value: number) => String.fromCharCode(value >> 8, value & 0xff)
const int32 = (value: number) => int16(value >> 16) + int16(value & 0xffff)

/** RowDescription, DataRow, CommandComplete, ReadyForQuery. */
function answer({ isStandby = false, isReadOnly = false, timeline = '00000001' }: Role): string {
  const columns = [
    ['isStandby', BOOLEAN, isStandby ? 't' : 'f'],
    ['isReadOnly', BOOLEAN, isReadOnly ? 't' : 'f'],
    ['timeline', TEXT, isStandby ? '' : timeline],
  ] as const
  const names = columns.map(([name, type]) => `${name}\0${int32(0)}${int16(0)}${int32(type)}${int16(1)}${int32(0)}\0\0`)
  const values = columns.map(([, , value]) => int32(value.length) + value)
  return (
    message('T', int16(3) + names.join('')) +
    message('D', int16(3) + values.join('')) +
    message('C', 'SELECT 1\0') +
    message('Z', 'I')
  )
}

/** Starts a server whose role can be changed. */
async function startWithRole(role: Role) {
  const server = await startServer((socket: Socket) => {
    socket.once('data', () => {
      socket.write(LOGGED_IN, 'latin1')
      socket.on('data', (data) => data[0] === 0x51 && socket.write(answer(role), 'latin1'))
    })
  })
  return { role, ...server }
}

const finderFor = (...ports: number[]) =>
  new PrimaryFinder(
    ports.map((port) => parseDatabaseUrl(`postgres://user:secret@127.0.0.1:${port}/events`)),
    LIMITS,
  )

async function connectWith(finder: PrimaryFinder): Promise<void> {
  const connection = await finder.connect()
  onTestFinished(() => connection.close())
  expect(connection.isOpen).toBe(true)
}

/** The number of open connections to each server. */
const openTo = (...servers: { sockets: readonly Socket[] }[]) =>
  servers.map(({ sockets }) => sockets.filter((socket) => !socket.closed).length)

test('it connects to the primary, wherever it is, and leaves the other servers', async () => {
  const [standby, primary] = [await startWithRole({ isStandby: true }), await startWithRole({})]
  await connectWith(finderFor(await freePort(), standby.port, primary.port))
  await until(() => expect(openTo(standby, primary)).toEqual([0, 1]))
})

test('of two primaries, the one that was promoted last is right, also if it is away later', async () => {
  const [old, promoted] = [await startWithRole({ timeline: '00000009' }), await startWithRole({ timeline: '0000000A' })]
  const finder = finderFor(old.port, promoted.port)
  await connectWith(finder)
  await until(() => expect(openTo(old, promoted)).toEqual([0, 1]))
  promoted.role.isStandby = true
  await expect(finder.connect()).rejects.toThrow(
    `127.0.0.1:${old.port}: another server was promoted after it; ` +
      `127.0.0.1:${promoted.port}: is a standby, not the primary`,
  )
  old.role.timeline = '0000000B'
  await connectWith(finder)
})

test('the error names the reason for each server, and no password', async () => {
  const [readOnly, nowhere] = [await startWithRole({ isReadOnly: true }), await freePort()]
  const error: unknown = await finderFor(readOnly.port, nowhere)
    .connect()
    .catch((reason: unknown) => reason)
  expect(String(error)).toMatch(/accepts no writes: default_transaction_read_only is on; .*ECONNREFUSED/)
  expect(String(error)).not.toContain('secret')
  await until(() => expect(openTo(readOnly)).toEqual([0]))
})
