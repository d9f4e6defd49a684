/** What is too old is deleted from the tables, by the server's clock. */
import { expect, onTestFinished, test } from 'vitest'
import { parseDatabaseUrl } from '../../../src/databases/database-url.ts'
import { PrimaryFinder } from '../../../src/databases/primary.ts'
import { startCleanUp } from '../../../src/event-store/postgres/clean-up.ts'
import { urlFor } from '../../databases/server.ts'
import { uniqueEntry } from '../../support/event-store.ts'
import { reportingTo } from '../../support/telemetry.ts'
import { createDatabase, openStore } from './postgres-test-store.ts'
import { withServer } from './with-server.ts'

const DAY_MS = 86_400_000
const LIMITS = { timeoutMs: 10_000, maxResponseBytes: 1 << 16 }

withServer((server) => {
  async function prepare() {
    const database = await createDatabase(server())
    const { store } = await openStore(server(), database)
    const clean = async (keepMs: number | undefined, windowMs = DAY_MS) => {
      const reports: object[] = []
      const telemetry = reportingTo((line) => reports.push(line))
      const address = parseDatabaseUrl(urlFor('postgres', server().port, { database }))
      const finder = new PrimaryFinder([address], LIMITS)
      const options = { kinds: ['a', 'b'], windowMs, keepMs, intervalMs: 3_600_000, maxRows: 3 }
      const done = new Promise((resolve) => telemetry.once('entriesDeleted', resolve))
      onTestFinished(startCleanUp(finder, LIMITS, options, telemetry))
      return { done, reports }
    }
    const age = (table: string, days: number, where = 'true') =>
      server().runIn(database, `UPDATE ${table} SET stored_at = stored_at - interval '${days} days' WHERE ${where}`)
    const count = async (table: string) => {
      const [row] = await server().query(database, `SELECT count(*)::int AS count FROM ${table}`)
      return row?.count
    }
    return { store, clean, age, count }
  }

  test('entries older than LOG_KEEP_DAYS, in small batches; younger ones stay', async () => {
    const { store, clean, age, count } = await prepare()
    const append = async (many: number) => {
      for (let index = 0; index < many; index++) await store.append({ ...uniqueEntry(), kind: index % 2 ? 'a' : 'b' })
    }
    await append(20)
    await age('event', 91)
    await append(4)
    await age('event', 1)
    const { done, reports } = await clean(90 * DAY_MS)
    await done
    expect(await count('event')).toBe(4)
    expect(reports).toMatchObject([{ level: 'info', entries: 20 }])
    await store.append(uniqueEntry())
    expect(await count('event')).toBe(5)
  })

  test('nothing within the replay window, whatever LOG_KEEP_DAYS says', async () => {
    const { store, clean, age, count } = await prepare()
    for (let index = 0; index < 5; index++) await store.append(uniqueEntry())
    await age('event', 2)
    await clean(DAY_MS, 3 * DAY_MS)
    await clean(undefined, 3 * DAY_MS)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(await count('event')).toBe(5)
  })

  test('keys that are older than the replay window', async () => {
    const { store, clean, age, count } = await prepare()
    for (let index = 0; index < 10; index++) await store.append({ ...uniqueEntry(), repeatable: true })
    await age('event_key', 2)
    const young = { ...uniqueEntry(), repeatable: true }
    await store.append(young)
    await clean(undefined)
    await expect.poll(() => count('event_key')).toBe(1)
    expect(await store.append(young)).toBe('replayed')
    expect(await count('event')).toBe(11)
  })

  test('rows that somebody deletes by hand are passed over', async () => {
    const database = await createDatabase(server())
    const { store } = await openStore(server(), database)
    const visitor = (name: string) => {
      const entry = uniqueEntry()
      return { ...entry, record: { ...entry.record, visitor_id: name } }
    }
    for (const name of ['v_1', 'v_2', 'v_3']) await store.append(visitor(name))
    await server().query(database, `DELETE FROM event WHERE record LIKE '%"visitor_id":"v_2"%'`)
    const reader = await store.openReader()
    const { entries } = await reader.read({ after: {}, limit: 10 })
    expect(entries.map(({ record }) => record.visitor_id)).toEqual(['v_1', 'v_3'])
  })
})
