import { expect, onTestFinished, test } from 'vitest'
import { postgresStoreLimits } from '../../../src/config/limits.ts'
import { InvalidPositionError } from '../../../src/event-store/event-reader.ts'
import { Entries, idsOf, scanIds } from '../suite/entries.ts'
import { appendAll } from '../suite/reading.ts'
import { connectTo, createDatabase, openStore, select } from './postgres-test-store.ts'
import { withServer } from './with-server.ts'

withServer((server) => {
  test('a follower sees what other receivers store, in the order of one log', async () => {
    const database = await createDatabase(server())
    const [first, second] = [await openStore(server(), database), await openStore(server(), database)]
    const entries = new Entries()
    const controller = new AbortController()
    onTestFinished(() => controller.abort())
    const following = (await first.store.openReader()).follow({ signal: controller.signal })[Symbol.asyncIterator]()
    for (let round = 0; round < 5; round++) {
      const entry = entries.unique('a')
      const next = following.next()
      await second.store.append(entry)
      expect((await next).value.entry.id).toBe(entry.id)
    }
  })

  test('readers never see a position before a lower one, whoever appends', async () => {
    const database = await createDatabase(server())
    const stores = await Promise.all([1, 2, 3].map(() => openStore(server(), database)))
    const { store: reading } = await openStore(server(), database)
    const entries = new Entries()
    const controller = new AbortController()
    const seen: string[] = []
    const follow = async () => {
      const reader = await reading.openReader()
      for await (const { entry } of reader.follow({ signal: controller.signal })) {
        seen.push(entry.id)
        if (seen.length === 600) controller.abort()
      }
    }
    const following = follow()
    const append = async (store: (typeof stores)[number]['store']) => {
      for (let i = 0; i < 20; i++) {
        await Promise.all(Array.from({ length: 10 }, () => store.append(entries.unique('a'))))
      }
    }
    await Promise.all(stores.map(({ store }) => append(store)))
    await following
    const rows = await select<{ event_id: string }>(
      await connectTo(server(), database),
      'SELECT event_id FROM event ORDER BY position',
    )
    expect(seen).toEqual(rows.map(({ event_id }) => event_id))
  })

  test('a follower continues after a restart of the server', async () => {
    const database = await createDatabase(server())
    const { store } = await openStore(server(), database)
    const entries = new Entries()
    const [first] = await appendAll(store, entries, ['a'])
    const controller = new AbortController()
    onTestFinished(() => controller.abort())
    const following = (await store.openReader()).follow({ signal: controller.signal })[Symbol.asyncIterator]()
    expect((await following.next()).value.entry.id).toBe(first?.id)
    const next = following.next()
    await server().stop()
    await new Promise((resolve) => setTimeout(resolve, 2 * postgresStoreLimits.pollMs))
    await server().start()
    const [second] = await appendAll(store, entries, ['a'])
    expect((await next).value.entry.id).toBe(second?.id)
  })

  test('a cursor that a restored backup has not reached, or of another store, is an error', async () => {
    const original = await createDatabase(server())
    const first = await openStore(server(), original)
    const entries = new Entries()
    await appendAll(first.store, entries, ['a', 'b'])
    const earlier = await (await first.store.openReader()).end()
    await first.close()
    const backup = await createDatabase(server(), original)
    const { store } = await openStore(server(), original)
    await appendAll(store, entries, ['a'])
    const later = await (await store.openReader()).end()

    const restored = await (await openStore(server(), backup)).store.openReader()
    expect(await scanIds(restored, earlier)).toEqual([])
    await expect(scanIds(restored, later)).rejects.toThrow(InvalidPositionError)
    await expect(scanIds(restored, later)).rejects.toThrow(/restored from an older backup/)
    await expect(restored.read({ before: later, limit: 1 })).rejects.toThrow(InvalidPositionError)
    const other = await (await openStore(server(), await createDatabase(server()))).store.openReader()
    await expect(scanIds(other, earlier)).rejects.toThrow(/another event database/)
  })

  test('a follower notices that the database was restored from a backup', async () => {
    const database = await createDatabase(server())
    const { store } = await openStore(server(), database)
    await appendAll(store, new Entries(), ['a', 'b'])
    const { signal } = new AbortController()
    const following = (await store.openReader()).follow({ signal })[Symbol.asyncIterator]()
    for (let i = 0; i < 2; i++) await following.next()
    const next = following.next()
    const connection = await connectTo(server(), database)
    await Promise.all([
      expect(next).rejects.toThrow(InvalidPositionError),
      select(connection, 'WITH gone AS (DELETE FROM event WHERE position > 1) UPDATE event_head SET position = 1'),
    ])
  })

  test('long records are read a few at a time', async () => {
    const database = await createDatabase(server())
    const limits = { ...postgresStoreLimits, maxPageBytes: 2500, maxReadResponseBytes: 8000 }
    const { store } = await openStore(server(), database, { limits })
    const entries = new Entries()
    const all = [1000, 1000, 5000, 10, 1000, 3000, 10, 10].map((length) =>
      entries.unique('a', { text: 'x'.repeat(length) }),
    )
    for (const entry of all) await store.append(entry)
    const reader = await store.openReader()
    expect(await scanIds(reader)).toEqual(idsOf(all))
    expect(idsOf((await reader.read({ before: {}, limit: 100 })).entries)).toEqual(idsOf(all).reverse())
  })

  test('reading by place, by id and by time uses an index', async () => {
    const database = await createDatabase(server())
    await openStore(server(), database)
    const connection = await connectTo(server(), database)
    await select(
      connection,
      `INSERT INTO event SELECT n, to_timestamp(n), to_timestamp(n), CASE n % 50 WHEN 0 THEN 'a' ELSE 'b' END, 'id-' || n, '{}'
       FROM generate_series(1, 20000) AS n`,
    )
    await select(connection, 'ANALYZE event')
    const plan = async (where: string) =>
      JSON.stringify(await select(connection, `EXPLAIN SELECT record FROM event WHERE ${where}`))
    expect(await plan("kind = 'a' AND position > 9000 ORDER BY position LIMIT 100")).toMatch(/using event_kind on/)
    expect(await plan("event_id = 'id-77' AND kind = ANY('{a,b}') ORDER BY position DESC LIMIT 1")).toMatch(
      /using event_id on/,
    )
    expect(await plan('stored_at < to_timestamp(700) ORDER BY stored_at DESC LIMIT 1')).toMatch(
      /using event_stored_at on/,
    )
  })
})
