import { expect, onTestFinished, test } from 'vitest'
import { BoundedSocket } from '../../../src/projects/worker/bounded-socket.ts'
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

/** What the test decides about: a login or a statement that is under way. */
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

/** A pool whose logins and statements go as the test wants. They are listed in the order in which they began. */
function fakePool(limits: Partial<ConnectionLimits> = {}) {
  const logins: FakeLogin[] = []
  const statements: (Pending<string | undefined> & { botId: string; socket: BoundedSocket })[] = []
  const settling: Pending<void>[] = []
  const goodbyes: BoundedSocket[] = []
  const pool = new ConnectionPool(
    // Sockets that are never connected: a pool only ends them, or sees them end.
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
            settle: () => {
              const pending = new Pending<void>()
              settling.push(pending)
              return pending.promise
            },
            end: () => goodbyes.push(socket),
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
    return { name, cancel: () => cancel.abort(new Error('called off')) }
  }
  return { pool, logins, statements, settling, goodbyes, find }
}

const ticks = () => new Promise((resolve) => setTimeout(resolve, 20))

test('the answer is there before the connection is ready again', async () => {
  const { logins, statements, settling, find } = fakePool()
  const first = find('1')
  logins[0]?.succeed()
  await ticks()
  statements[0]?.resolve('One')
  expect(await first.name).toBe('One')

  find('2')
  await ticks()
  expect([logins.length, statements.length]).toEqual([2, 1])
  settling[0]?.resolve()
  await ticks()
  expect(statements.map(({ botId }) => botId)).toEqual(['1', '2'])
  expect(statements[1]?.socket).toBe(logins[0]?.socket)
})

test('a login that is given up goes on for the next lookup', async () => {
  const { logins, statements, find } = fakePool()
  const first = find('1')
  first.cancel()
  await expect(first.name).rejects.toThrow('called off')
  const second = find('2')
  expect(logins).toHaveLength(1)
  logins[0]?.succeed()
  await ticks()
  statements[0]?.resolve('Two')
  expect(await second.name).toBe('Two')
})

test('a login that fails takes only the lookup along that it was started for', async () => {
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

test('a lookup that relied on the login of another gets one of its own when that fails', async () => {
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
  ['silent', { loginIdleTimeout: 50 }, /silent for 50 ms/],
  ['too long', { loginTimeout: 50 }, /login took too long/],
] as const)('a login that is %s ends', async ([, limits, reason]) => {
  const { logins, find } = fakePool(limits)
  await expect(find('1').name).rejects.toThrow(reason)
  expect(logins[0]?.socket.destroyed).toBe(true)
})

test('no more connections are open than allowed, and those in line get their turn', async () => {
  const { logins, statements, settling, find } = fakePool()
  const all = ['1', '2', '3'].map((botId) => find(botId))
  expect(logins).toHaveLength(2)
  for (const login of logins) login.succeed()
  await ticks()
  expect(statements).toHaveLength(2)
  statements[1]?.resolve('Two')
  await ticks()
  settling[0]?.resolve()
  await ticks()
  expect(statements.map(({ botId }) => botId)).toEqual(['1', '2', '3'])
  statements[0]?.resolve('One')
  statements[2]?.resolve('Three')
  expect(await Promise.all(all.map(({ name }) => name))).toEqual(['One', 'Two', 'Three'])
  expect(logins).toHaveLength(2)
})

test('a statement that is called off keeps its place until it has ended', async () => {
  const { logins, statements, settling, find } = fakePool({ maxConnections: 1 })
  const first = find('1')
  logins[0]?.succeed()
  await ticks()
  first.cancel()
  await expect(first.name).rejects.toThrow('called off')
  find('2')
  await ticks()
  expect([logins.length, statements.length]).toEqual([1, 1])
  statements[0]?.resolve('One')
  await ticks()
  settling[0]?.resolve()
  await ticks()
  expect(statements.map(({ botId }) => botId)).toEqual(['1', '2'])
})

test('a statement that does not end costs its connection', async () => {
  const { logins, find } = fakePool({ statementTimeout: 30, resetTimeout: 20 })
  const name = find('1').name
  logins[0]?.succeed()
  await expect(name).rejects.toThrow('the statement took too long')
  expect(logins[0]?.socket.destroyed).toBe(true)
})

test.for([
  ['a statement', 'statements'],
  ['getting ready again', 'settling'],
] as const)('a connection on which %s fails is not used again', async ([, step]) => {
  const { logins, statements, settling, goodbyes, find } = fakePool()
  find('1')
  logins[0]?.succeed()
  await ticks()
  if (step === 'statements') statements[0]?.reject(new Error('no SELECT for bob'))
  else statements[0]?.resolve('One')
  await ticks()
  settling[0]?.reject(new Error('no ROLLBACK for bob'))
  await ticks()
  expect(logins[0]?.socket.destroyed).toBe(true)
  expect(goodbyes).toHaveLength(1)
  find('2')
  expect(logins).toHaveLength(2)
})

test('a connection that ends without a word fails its lookup, and makes room', async () => {
  const { logins, find } = fakePool({ maxConnections: 1 })
  const first = find('1')
  find('2')
  logins[0]?.succeed()
  await ticks()
  logins[0]?.socket.destroy()
  await expect(first.name).rejects.toThrow('the connection was closed')
  expect(logins).toHaveLength(2)
})

test('an idle connection that ends is forgotten, and so is one that is idle for long', async () => {
  const { logins, statements, settling, goodbyes, find } = fakePool({ idleTimeout: 100 })
  const use = async (botId: string) => {
    find(botId)
    await ticks()
    logins.at(-1)?.succeed()
    await ticks()
    statements.at(-1)?.resolve('Name')
    await ticks()
    settling.at(-1)?.resolve()
    await ticks()
  }
  await use('1')
  logins[0]?.socket.destroy()
  await ticks()
  await use('2')
  await use('3')
  expect(logins).toHaveLength(2)
  await expect.poll(() => goodbyes).toEqual([logins[1]?.socket])
  await use('4')
  expect(logins).toHaveLength(3)
})

test('a lookup that is called off just as it gets a connection leaves it to the next', async () => {
  const { logins, statements, find } = fakePool()
  const first = find('1')
  logins[0]?.succeed()
  await logins[0]?.promise
  // The pool has not seen it yet.
  first.cancel()
  await expect(first.name).rejects.toThrow('called off')
  find('2')
  await ticks()
  expect(logins).toHaveLength(1)
  expect(statements.map(({ botId }) => botId)).toEqual(['2'])
})

test('closing says goodbye where nothing is going on, and drops the rest', async () => {
  const { pool, logins, statements, settling, goodbyes, find } = fakePool({ maxConnections: 3 })
  find('1')
  find('2')
  find('3').cancel()
  logins[0]?.succeed()
  logins[1]?.succeed()
  await ticks()
  statements[0]?.resolve('One')
  await ticks()
  settling[0]?.resolve()
  await ticks()
  pool.close()
  expect(goodbyes).toEqual([logins[0]?.socket])
  expect(logins.map(({ socket }) => socket.destroyed)).toEqual([true, true, true])
})
