import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { postgresStoreLimits } from '../../../src/config/limits.ts'
import { StoreUnavailableError } from '../../../src/event-store/event-store.ts'
import { toInertJson } from '../../../src/event-store/files/inert-json.ts'
import { USER } from '../../databases/server.ts'
import { propertyRuns } from '../../support/property-runs.ts'
import { until } from '../../support/wait.ts'
import { asStored, Entries, idsOf, scanIds } from '../suite/entries.ts'
import { AppendProxy } from './append-proxy.ts'
import { connectTo, createDatabase, openStore, select } from './postgres-test-store.ts'
import { withServer } from './with-server.ts'

const RETRY = { minRetryMs: 5, maxRetryMs: 50 }

withServer((server) => {
  const countEvents = async (database: string) => {
    const [row] = await select<{ count: string }>(await connectTo(server(), database), 'SELECT count(*) FROM event')
    return Number(row?.count)
  }

  describe('several receivers', () => {
    test('the same events at the same moment are stored once', async () => {
      const database = await createDatabase(server())
      const entries = new Entries()
      const stores = await Promise.all([1, 2, 3].map(() => openStore(server(), database)))
      for (let round = 0; round < 20; round++) {
        const events = Array.from({ length: 5 }, () => entries.repeatable('a'))
        const results = await Promise.all(
          events.map((event) => Promise.all(stores.map(({ store }) => store.append(entries.again(event))))),
        )
        for (const result of results) expect(result.sort()).toEqual(['replayed', 'replayed', 'stored'])
      }
      expect(await countEvents(database)).toBe(100)
    })

    test('an event is stored again after the replay window, by the clock of the server', async () => {
      const database = await createDatabase(server())
      const { store } = await openStore(server(), database, { windowMs: 3_600_000 })
      const entries = new Entries()
      const event = entries.repeatable('a')
      const connection = await connectTo(server(), database)
      const age = (minutes: number) =>
        select(connection, `UPDATE event_key SET stored_at = clock_timestamp() - ${minutes} * interval '1 minute'`)
      expect(await store.append(event)).toBe('stored')
      await age(59)
      expect(await store.append(entries.again(event))).toBe('replayed')
      await age(61)
      expect(await store.append(entries.again(event))).toBe('stored')
      expect(await store.append(entries.again(event))).toBe('replayed')
      expect(await countEvents(database)).toBe(2)
    })

    test('without a replay window, everything is stored', async () => {
      const { store } = await openStore(server(), await createDatabase(server()), { windowMs: 0 })
      const entries = new Entries()
      const event = entries.repeatable('a')
      const results = await Promise.all([event, entries.again(event)].map((entry) => store.append(entry)))
      expect(results).toEqual(['stored', 'stored'])
    })
  })

  describe('the statement', () => {
    test.for([
      ['off', 'on'],
      ['remote_write', 'on'],
      ['remote_apply', 'remote_apply'],
    ])('is durable if the default of the role is %s, and reports it if not', async ([before = '', inForce]) => {
      const database = await createDatabase(server())
      await server().runIn(
        database,
        `ALTER ROLE ${USER} SET synchronous_commit = ${before}`,
        `ALTER ROLE ${USER} SET client_min_messages = error`,
      )
      onTestFinished(() => server().run(`ALTER ROLE ${USER} RESET ALL`))
      const { store } = await openStore(server(), database)
      const connection = await connectTo(server(), database)
      // Deferred, so that it runs as part of the commit.
      await connection.run(
        `CREATE TABLE seen (synchronous_commit text, client_min_messages text);
         CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           INSERT INTO seen VALUES
             (current_setting('synchronous_commit'), current_setting('client_min_messages'));
           RETURN NULL;
         END $$;
         CREATE CONSTRAINT TRIGGER see AFTER UPDATE ON event_head DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION see()`,
        { timeoutMs: 10_000, maxResponseBytes: 10_000 },
      )
      const other = await openStore(server(), database)
      const event = new Entries().repeatable('a')
      expect([await store.append(event), await other.store.append(event)]).toEqual(['stored', 'replayed'])
      const settings = { synchronous_commit: inForce, client_min_messages: 'warning' }
      expect(await select(connection, 'SELECT * FROM seen')).toEqual([settings, settings])
      expect(await select(connection, 'SHOW synchronous_commit')).toEqual([{ synchronous_commit: before }])
    })

    test('keeps the text of a record byte for byte, also that of NUL and of quotes', async () => {
      const database = await createDatabase(server())
      const { store } = await openStore(server(), database)
      const entries = new Entries()
      const texts = ['\0', '"\\",NULL,{}', 'a\nb\u2028\r\n', '\ud800 🌱 é', '']
      const all = texts.map((text) => entries.unique('a', { text, [text]: [text] }))
      await Promise.all(all.map((entry) => store.append(entry)))
      const rows = await select(await connectTo(server(), database), 'SELECT record FROM event ORDER BY position')
      expect(rows).toEqual(all.map(({ record }) => ({ record: toInertJson(record) })))
    })

    test('any id and any text come back as they were', async () => {
      const { store } = await openStore(server(), await createDatabase(server()))
      const reader = await store.openReader()
      const entries = new Entries()
      // A column of text holds anything but NUL.
      const id = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''))
      const text = fc.string({ unit: fc.oneof(fc.constantFrom('\0', '\n', '"', '\\', '\ud800'), fc.string()) })
      await fc.assert(
        fc.asyncProperty(fc.array(fc.record({ id, text }), { minLength: 1 }), async (contents) => {
          const all = contents.map(({ id, text }) => {
            const entry = entries.unique('a', { text })
            return { ...entry, id, record: { ...entry.record, event_id: id } }
          })
          const { a: after } = await reader.end()
          await Promise.all(all.map((entry) => store.append(entry)))
          const stored = await reader.read({ after: after === undefined ? {} : { a: after }, limit: 1000 })
          expect(stored.entries).toEqual(all.map(asStored))
        }),
        propertyRuns(30),
      )
    })

    test('an error that is logged contains nothing of the record', async () => {
      const database = await createDatabase(server())
      const { store } = await openStore(server(), database)
      await server().runIn(database, "ALTER TABLE event ADD CHECK (record NOT LIKE '%forbidden%')")
      const error: unknown = await store
        .append(new Entries().unique('a', { text: 'forbidden secret' }))
        .catch((reason: unknown) => reason)
      expect(error).toMatchObject({ cause: { code: '23514', message: expect.stringMatching(/violates check/) } })
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secret')
    })

    test('takes what waits together, up to a number of bytes', async () => {
      const database = await createDatabase(server())
      const limits = { ...postgresStoreLimits, maxBatchBytes: 2000 }
      const { store, batches } = await openStore(server(), database, { limits })
      const entries = new Entries()
      const all = Array.from({ length: 100 }, () => entries.unique('a'))
      const appending = Promise.all(all.map((entry) => store.append(entry)))
      const bytes = Buffer.byteLength(toInertJson(all[0]?.record))
      expect(store.queuedBytes).toBeGreaterThanOrEqual(100 * bytes)
      await appending
      expect(store.queuedBytes).toBe(0)
      expect(Math.max(...batches)).toBeLessThanOrEqual(2000 / bytes)
      expect(batches.length).toBeLessThanOrEqual(Math.ceil((100 * bytes) / 2000) + 2)
      expect(await scanIds(await store.openReader())).toEqual(idsOf(all))
    })

    test('rejects what cannot be stored, and nothing else', async () => {
      const database = await createDatabase(server())
      const { store, incidents } = await openStore(server(), database)
      const entries = new Entries()
      const all = Array.from({ length: 21 }, (_, index) =>
        index % 7 === 3 ? { ...entries.repeatable('a'), id: `bad\0${index}` } : entries.repeatable('a'),
      )
      const results = await Promise.allSettled(all.map((entry) => store.append(entry)))
      const stored = all.filter((_, index) => results[index]?.status === 'fulfilled')
      expect(idsOf(stored)).toEqual(idsOf(all.filter(({ id }) => !id.startsWith('bad'))))
      for (const result of results) {
        if (result.status === 'fulfilled') continue
        expect(result.reason).toBeInstanceOf(StoreUnavailableError)
        expect(result.reason).toMatchObject({ mayBeStored: false })
      }
      expect(await scanIds(await store.openReader())).toEqual(idsOf(stored))
      await store.checkReady()
      expect(incidents).toEqual([])
    })
  })

  describe('failures', () => {
    test.for([
      ['a', 3_600_000, 'replayed', 2],
      ['no', 0, 'stored', 3],
    ] as const)(
      'an append whose answer was lost is repeated, and stored once: with %s replay window',
      async ([_name, windowMs, redelivered, rows]) => {
        const database = await createDatabase(server())
        const proxy = await AppendProxy.start(server().port)
        const limits = { ...postgresStoreLimits, ...RETRY }
        const { store, messages } = await openStore(server(), database, { limits, windowMs, ports: [proxy.port] })
        const other = await openStore(server(), database, { windowMs })
        const entries = new Entries()
        const [event, unique] = [entries.repeatable('a'), entries.unique('b')]
        proxy.failure = 'lost'
        const appending = Promise.all([store.append(event), store.append(unique)])
        await until(async () => expect(await countEvents(database)).toBe(2))
        expect(await other.store.append(entries.again(event))).toBe(redelivered)
        await until(() => expect(messages()).toHaveLength(1))
        proxy.failure = undefined
        expect(await appending).toEqual(['stored', 'stored'])
        expect(await countEvents(database)).toBe(rows)
        expect(messages()).toEqual([expect.stringMatching(/^error: cannot store/), expect.stringMatching(/^info: /)])
      },
    )

    test('an append that was rejected after its answer was lost may be stored', async () => {
      const database = await createDatabase(server())
      const proxy = await AppendProxy.start(server().port)
      const limits = { ...postgresStoreLimits, minRetryMs: 1000, stallTimeoutMs: 400 }
      const { store } = await openStore(server(), database, { limits, ports: [proxy.port] })
      proxy.failure = 'lost'
      const event = new Entries().repeatable('a')
      await expect(store.append(event)).rejects.toMatchObject({ mayBeStored: true })
      proxy.failure = undefined
      await store.checkReady()
      expect(await store.append(event)).toBe('replayed')
    })

    test('nothing that was acknowledged is lost when the server is killed, and storing continues by itself', async () => {
      const database = await createDatabase(server())
      const limits = { ...postgresStoreLimits, ...RETRY }
      const { store, messages } = await openStore(server(), database, { limits })
      const entries = new Entries()
      const acknowledged: string[] = []
      let isDone = false
      const appendUntilDone = async () => {
        while (!isDone) {
          const entry = entries.repeatable('a')
          expect(await store.append(entry)).toBe('stored')
          acknowledged.push(entry.id)
        }
      }
      const appending = Promise.all(Array.from({ length: 8 }, appendUntilDone))
      await until(() => expect(acknowledged.length).toBeGreaterThan(100))
      await server().kill()
      const atKill = acknowledged.length
      await server().start()
      await until(() => expect(acknowledged.length).toBeGreaterThan(atKill + 100))
      isDone = true
      await appending
      const stored = await scanIds(await store.openReader())
      expect(stored.sort()).toEqual(acknowledged.sort())
      expect(messages()).toEqual([expect.stringMatching(/^error: cannot store/), expect.stringMatching(/^info: /)])
      await store.checkReady()
    })

    test('while the server is away, appends are rejected as not stored, and it is not ready', async () => {
      const database = await createDatabase(server())
      const limits = { ...postgresStoreLimits, ...RETRY, stallTimeoutMs: 300 }
      const { store } = await openStore(server(), database, { limits })
      const entries = new Entries()
      await server().stop()
      const all = [entries.repeatable('a'), entries.unique('a')]
      for (const result of await Promise.allSettled(all.map((entry) => store.append(entry)))) {
        expect(result).toMatchObject({ status: 'rejected', reason: { mayBeStored: false } })
      }
      await expect(store.checkReady()).rejects.toThrow(StoreUnavailableError)
      await server().start()
      await until(() => store.checkReady())
      expect(await store.append(all[0] ?? entries.unique('a'))).toBe('stored')
    })

    test('beyond the bytes that may wait, appends are rejected at once', async () => {
      const database = await createDatabase(server())
      const proxy = await AppendProxy.start(server().port)
      const limits = { ...postgresStoreLimits, maxQueueBytes: 1000 }
      const { store } = await openStore(server(), database, { limits, ports: [proxy.port] })
      const entries = new Entries()
      const { holding, release } = proxy.hold()
      const first = store.append(entries.unique('a', { text: 'x'.repeat(900) }))
      await holding()
      await expect(store.append(entries.unique('a'))).rejects.toThrow(/too many records are waiting/)
      release()
      expect(await first).toBe('stored')
    })

    test('giving up rejects what waits, and says what may be stored', async () => {
      const database = await createDatabase(server())
      const proxy = await AppendProxy.start(server().port)
      const { store } = await openStore(server(), database, { ports: [proxy.port] })
      const entries = new Entries()
      const { holding } = proxy.hold()
      const sent = store.append(entries.unique('a'))
      await holding()
      const queued = store.append(entries.unique('a'))
      const results = Promise.allSettled([sent, queued])
      store.giveUp()
      expect(await results).toMatchObject([{ reason: { mayBeStored: true } }, { reason: { mayBeStored: false } }])
      await expect(store.append(entries.unique('a'))).rejects.toThrow(/shutting down/)
    })
  })

  describe('a synchronous standby that is away', () => {
    const withoutStandby = async () => {
      const setStandby = (name: string) =>
        server().run(`ALTER SYSTEM SET synchronous_standby_names = '${name}'`, 'SELECT pg_reload_conf()')
      await setStandby('away')
      onTestFinished(() => setStandby(''))
      return () => setStandby('')
    }
    const APPENDS = `FROM pg_stat_activity WHERE usename = '${USER}' AND query LIKE '%UPDATE event_head%' AND state = 'active'`

    test('an append that was cancelled on the server is not acknowledged', async () => {
      const database = await createDatabase(server())
      const limits = { ...postgresStoreLimits, ...RETRY }
      const { store, messages } = await openStore(server(), database, { limits })
      const other = await openStore(server(), database)
      const connection = await connectTo(server(), database)
      const bringBack = await withoutStandby()
      const entries = new Entries()
      const event = entries.repeatable('a')
      const storing = store.append(event)
      const waiting = `${APPENDS} AND wait_event = 'SyncRep'`
      const cancel = async () =>
        expect(await select(connection, `SELECT pg_cancel_backend(pid) ${waiting}`)).toHaveLength(1)
      for (const failures of [1, 1]) {
        await until(cancel)
        await until(() => expect(messages()).toHaveLength(failures))
      }
      expect(await countEvents(database)).toBe(1)

      // It is visible to a redelivery, but a failover would lose it.
      const redelivering = other.store.append(entries.again(event))
      await until(async () => expect(await select(connection, `SELECT pid ${APPENDS}`)).toHaveLength(2))
      const pause = new Promise((resolve) => setTimeout(resolve, 200, 'nothing'))
      expect(await Promise.race([redelivering, pause])).toBe('nothing')
      await bringBack()
      expect(await redelivering).toBe('replayed')
      expect(await storing).toBe('stored')
      expect(await countEvents(database)).toBe(1)
    })

    test('appends are rejected, do not pile up on the server, and are stored once when it returns', async () => {
      const database = await createDatabase(server())
      const limits = {
        ...postgresStoreLimits,
        ...RETRY,
        statementTimeoutMs: 300,
        lockTimeoutMs: 100,
        stallTimeoutMs: 1500,
      }
      const { store } = await openStore(server(), database, { limits })
      const connection = await connectTo(server(), database)
      const bringBack = await withoutStandby()
      const entries = new Entries()
      const event = entries.repeatable('a')
      for (let attempt = 0; attempt < 2; attempt++) {
        await expect(store.append(entries.again(event))).rejects.toThrow(StoreUnavailableError)
        await expect(store.checkReady()).rejects.toThrow(StoreUnavailableError)
        // One that waits for the standby, and one that waits for it until its lock timeout.
        await until(async () => {
          expect((await select(connection, `SELECT pid ${APPENDS}`)).length).toBeLessThanOrEqual(2)
        })
      }
      await bringBack()
      await until(() => store.checkReady())
      expect(await store.append(entries.again(event))).toBe('replayed')
      expect(await countEvents(database)).toBe(1)
    })
  })
})
