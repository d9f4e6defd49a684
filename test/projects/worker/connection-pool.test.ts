import { expect, onTestFinished, test } from 'vitest'
import { BoundedSocket } from '../../../src/databases/bounded-socket.ts'
import { type Connection, type ConnectionLimits, ConnectionPool } from '../../../src/projects/worker/connection-pool.ts'

const LIMITS: ConnectionLimits = {
  maxConnections: 2,
  statementTimeout: 10_000,
  resetTimeout: 10_000,
  loginTimeout: 10_000,
  loginIdleTimeout: 10_000,
  idleTimeout: 10_000,
  maxResponseBytes: 1000,
}

/** A login or statement in progress, which the test settles. */
class Pending<T> {
  readonly promise: Promise<T>
  resolve: (value: T) => void = () => {}
  reject: (error: Error) => void = () => {}
  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }
}

interface FakeLogin extends Pending<Connection> {
  readonly socket: BoundedSocket
  succeed(): void
}

/** A pool with fake logins and statements, listed in the order in which they started. */
function fakePool(limits: Partial<ConnectionLimits> = {}) {
  const logins: FakeLogin[] = []
  const statements: (Pending<string | undefined> & { botId: string; socket: BoundedSocket })[] = []
  const resets: Pending<void>[] = []
  const terminated: BoundedSocket[] = []
  const pool = new ConnectionPool(
    // Sockets that are never connected: a pool only destroys them, or notices that they close.
    () => new BoundedSocket(() => {}).on('error', () => {}),
    (socket) => {
      const login: FakeLogin = Object.assign(new Pending<Connection>(), {
        socket,
        succeed: () =>
          login.resolve({
            findName: (botId) => {
              const statement = Object.assign(new Pending<string | undefined>(), { botId, socket })
              statements.push(statement)
              return statement.promise
            },
            reset: () => {
              const pending = new Pending<void>()
              resets.push(pending)
              return pending.promise
            },
            end: () => terminated.push(socket),
          }),
      })
      logins.push(login)
      return login.promise
    },
    { ...LIMITS, ...limits },
  )
  onTestFinished(() => pool.close())
  const find = (botId: string, cancel = new AbortController()) => {
    const name = pool.findName(botId, cancel.signal)
    name.catch(() => {})
    return { name, cancel: () => cancel.abort(new Error('cancelled')) }
  }
  return { pool, logins, statements, resets, terminated, find }
}

const ticks = () => new Promise((resolve) => setTimeout(resolve, 20))

test('a lookup resolves before its connection is ready again', async () => {
  const { logins, statements, resets, find } = fakePool()
  const first = find('1')
  logins[0]?.succeed()
  await ticks()
  statements[0]?.resolve('One')
  expect(await first.name).toBe('One')

  find('2')
  await ticks()
  expect([logins.length, statements.length]).toEqual([2, 1])
  resets[0]?.resolve()
  await ticks()
  expect(statements.map(({ botId }) => botId)).toEqual(['1', '2'])
  expect(statements[1]?.socket).toBe(logins[0]?.socket)
})

test('the login of a cancelled lookup continues for the next lookup', async () => {
  const { logins, statements, find } = fakePool()
  const first = find('1')
  first.cancel()
  await expect(first.name).rejects.toThrow('cancelled')
  const second = find('2')
  expect(logins).toHaveLength(1)
  logins[0]?.succeed()
  await ticks()
  statements[0]?.resolve('Two')
  expect(await second.name).toBe('Two')
})

test('a failed login fails only the lookup that it was started for', async () => {
  const { logins, statements, find } = fakePool({ maxConnections: 1 })
  const first = find('1')
  const second = find('2')
  logins[0]?.reject(new Error('no, bob'))
  await expect(first.name).rejects.toThrow('no, bob')
  await ticks()
  expect(logins.map(({ socket }) => socket.destroyed)).toEqual([true, false])
  logins[1]?.succeed()
  await ticks()
  statements[0]?.resolve('Two')
  expect(await second.name).toBe('Two')
})

test("a lookup that waits for another one's login starts its own if that fails", async () => {
  const { logins, find } = fakePool()
  const first = find('1')
  first.cancel()
  const second = find('2')
  expect(logins).toHaveLength(1)
  logins[0]?.reject(new Error('too late'))
  await ticks()
  expect(logins).toHaveLength(2)
  logins[1]?.reject(new Error('no, bob'))
  await expect(second.name).rejects.toThrow('no, bob')
  expect(logins).toHaveLength(2)
})

test.for([
  ['receives no data', { loginIdleTimeout: 50 }, /no data from the server for 50 ms/],
  ['takes too long', { loginTimeout: 50 }, /login took too long/],
] as const)('a login that %s is aborted', async ([, limits, reason]) => {
  const { logins, find } = fakePool(limits)
  await expect(find('1').name).rejects.toThrow(reason)
  expect(logins[0]?.socket.destroyed).toBe(true)
})

test('the number of connections is limited, and waiting lookups get the next free one', async () => {
  const { logins, statements, resets, find } = fakePool()
  const all = ['1', '2', '3'].map((botId) => find(botId))
  expect(logins).toHaveLength(2)
  for (const login of logins) login.succeed()
  await ticks()
  expect(statements).toHaveLength(2)
  statements[1]?.resolve('Two')
  await ticks()
  resets[0]?.resolve()
  await ticks()
  expect(statements.map(({ botId }) => botId)).toEqual(['1', '2', '3'])
  statements[0]?.resolve('One')
  statements[2]?.resolve('Three')
  expect(await Promise.all(all.map(({ name }) => name))).toEqual(['One', 'Two', 'Three'])
  expect(logins).toHaveLength(2)
})

test('a cancelled statement keeps its connection until it has ended', async () => {
  const { logins, statements, resets, find } = fakePool({ maxConnections: 1 })
  const first = find('1')
  logins[0]?.succeed()
  await ticks()
  first.cancel()
  await expect(first.name).rejects.toThrow('cancelled')
  find('2')
  await ticks()
  expect([logins.length, statements.length]).toEqual([1, 1])
  statements[0]?.resolve('One')
  await ticks()
  resets[0]?.resolve()
  await ticks()
  expect(statements.map(({ botId }) => botId)).toEqual(['1', '2'])
})

test('the connection of a statement that takes too long is closed', async () => {
  const { logins, find } = fakePool({ statementTimeout: 30, resetTimeout: 20 })
  const name = find('1').name
  logins[0]?.succeed()
  await expect(name).rejects.toThrow('the statement took too long')
  expect(logins[0]?.socket.destroyed).toBe(true)
})

test.for([
  ['a statement', 'statements'],
  ['a reset', 'resets'],
] as const)('a connection is not reused after %s fails', async ([, step]) => {
  const { logins, statements, resets, terminated, find } = fakePool()
  find('1')
  logins[0]?.succeed()
  await ticks()
  if (step === 'statements') statements[0]?.reject(new Error('no SELECT for bob'))
  else statements[0]?.resolve('One')
  await ticks()
  resets[0]?.reject(new Error('no ROLLBACK for bob'))
  await ticks()
  expect(logins[0]?.socket.destroyed).toBe(true)
  expect(terminated).toHaveLength(1)
  find('2')
  expect(logins).toHaveLength(2)
})

test('a connection that closes unexpectedly fails its lookup, and makes room for another', async () => {
  const { logins, find } = fakePool({ maxConnections: 1 })
  const first = find('1')
  find('2')
  logins[0]?.succeed()
  await ticks()
  logins[0]?.socket.destroy()
  await expect(first.name).rejects.toThrow('the connection was closed')
  expect(logins).toHaveLength(2)
})

test('an idle connection is removed when it closes or has been idle for too long', async () => {
  const { logins, statements, resets, terminated, find } = fakePool({ idleTimeout: 100 })
  const use = async (botId: string) => {
    find(botId)
    await ticks()
    logins.at(-1)?.succeed()
    await ticks()
    statements.at(-1)?.resolve('Name')
    await ticks()
    resets.at(-1)?.resolve()
    await ticks()
  }
  await use('1')
  logins[0]?.socket.destroy()
  await ticks()
  await use('2')
  await use('3')
  expect(logins).toHaveLength(2)
  await expect.poll(() => terminated).toEqual([logins[1]?.socket])
  await use('4')
  expect(logins).toHaveLength(3)
})

test('a lookup that is cancelled just as it gets a connection leaves it to the next one', async () => {
  const { logins, statements, find } = fakePool()
  const first = find('1')
  logins[0]?.succeed()
  await logins[0]?.promise
  // The pool has not noticed it yet.
  first.cancel()
  await expect(first.name).rejects.toThrow('cancelled')
  find('2')
  await ticks()
  expect(logins).toHaveLength(1)
  expect(statements.map(({ botId }) => botId)).toEqual(['2'])
})

test('closing terminates idle connections properly, and destroys the others', async () => {
  const { pool, logins, statements, resets, terminated, find } = fakePool({ maxConnections: 3 })
  find('1')
  find('2')
  find('3').cancel()
  logins[0]?.succeed()
  logins[1]?.succeed()
  await ticks()
  statements[0]?.resolve('One')
  await ticks()
  resets[0]?.resolve()
  await ticks()
  pool.close()
  expect(terminated).toEqual([logins[0]?.socket])
  expect(logins.map(({ socket }) => socket.destroyed)).toEqual([true, true, true])
})
