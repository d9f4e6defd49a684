import { expect, test } from 'vitest'
import { deleteEntries, deleteExpiredKeys } from '../../../src/event-store/postgres/retention.ts'
import { Entries, idsOf, scanIds } from '../suite/entries.ts'
import { connectTo, createDatabase, openStore, select } from './postgres-test-store.ts'
import { withServer } from './with-server.ts'

const LIMITS = { timeoutMs: 30_000, maxResponseBytes: 100_000 }
const HOUR = 3_600_000

withServer((server) => {
  test('entries are deleted from the oldest on, a few at a time, and the others can be read', async () => {
    const database = await createDatabase(server())
    const { store } = await openStore(server(), database)
    const entries = new Entries()
    const all = (['a', 'b', 'a', 'a', 'b', 'a'] as const).map((kind) => entries.unique(kind))
    for (const entry of all) await store.append(entry)
    const connection = await connectTo(server(), database)
    const remove = () => deleteEntries(connection, { kind: 'a', upTo: 4, maxRows: 2 }, LIMITS)
    expect([await remove(), await remove(), await remove()]).toEqual([2, 1, 0])
    expect(await select(connection, 'SELECT * FROM event_gone')).toEqual([{ kind: 'a', position: '4' }])
    const rest = idsOf([1, 4, 5].flatMap((index) => all[index] ?? []))
    const reader = await store.openReader()
    expect(await scanIds(reader)).toEqual(rest)
    const { entries: backwards, cursor } = await reader.read({ before: {}, limit: 10 })
    expect(idsOf(backwards).reverse()).toEqual(rest)
    expect(await scanIds(reader, cursor)).toEqual(rest)
  })

  test('keys are deleted after the replay window, and not before an append can no longer be sent again', async () => {
    const database = await createDatabase(server())
    const { store } = await openStore(server(), database)
    const entries = new Entries()
    for (let i = 0; i < 5; i++) await store.append(entries.repeatable('a'))
    const connection = await connectTo(server(), database)
    await select(
      connection,
      `UPDATE event_key SET stored_at = clock_timestamp() - (position * 50 - 10) * interval '1 minute'`,
    )
    const remove = (windowMs: number) => deleteExpiredKeys(connection, { windowMs, maxRows: 2 }, LIMITS)
    expect([await remove(3 * HOUR), await remove(3 * HOUR)]).toEqual([2, 0])
    expect([await remove(0), await remove(0)]).toEqual([2, 0])
    expect(await select(connection, 'SELECT position FROM event_key')).toEqual([{ position: '1' }])
  })

  test('keys can be deleted while appends take them over', async () => {
    const database = await createDatabase(server())
    const windowMs = HOUR
    const { store, incidents } = await openStore(server(), database, { windowMs })
    const entries = new Entries()
    const events = Array.from({ length: 300 }, () => entries.repeatable('a'))
    const appendAll = () => Promise.all(events.map((event) => store.append(entries.again(event))))
    await appendAll()
    const connection = await connectTo(server(), database)
    for (let round = 0; round < 10; round++) {
      await select(connection, `UPDATE event_key SET stored_at = stored_at - interval '2 hours'`)
      const removing = async () => {
        while ((await deleteExpiredKeys(connection, { windowMs, maxRows: 20 }, LIMITS)) > 0);
      }
      const [results] = await Promise.all([appendAll(), removing()])
      expect(new Set(results)).toEqual(new Set(['stored']))
      expect(new Set(await appendAll())).toEqual(new Set(['replayed']))
    }
    expect(incidents).toEqual([])
    expect(await scanIds(await store.openReader())).toHaveLength(11 * events.length)
  })
})
