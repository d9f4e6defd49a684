import { expect, onTestFinished, test } from 'vitest'
import { StoreStartError } from '../../../src/event-store/event-store.ts'
import { freePort, PASSWORD, TLS_USER, USER } from '../../databases/server.ts'
import { Entries, scanIds } from '../suite/entries.ts'
import { connectTo, createDatabase, openStore, select } from './postgres-test-store.ts'
import { withServer } from './with-server.ts'

withServer((server) => {
  const failToOpen = async (database: string, ports?: readonly number[]): Promise<string> => {
    const error = await openStore(server(), database, ports && { ports }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(StoreStartError)
    return String(error)
  }

  test('stores that start at the same time create the tables once', async () => {
    const database = await createDatabase(server())
    const stores = await Promise.all(Array.from({ length: 6 }, () => openStore(server(), database)))
    const entries = new Entries()
    await Promise.all(stores.map(({ store }) => store.append(entries.unique('a'))))
    const connection = await connectTo(server(), database)
    expect(await select(connection, 'SELECT version FROM event_schema')).toEqual([{ version: 1 }])
    expect(await select(connection, 'SELECT position FROM event_head')).toEqual([{ position: '6' }])
  })

  test('what is stored stays through starts', async () => {
    const database = await createDatabase(server())
    const first = await openStore(server(), database)
    const entry = new Entries().unique('a')
    await first.store.append(entry)
    await first.close()
    const second = await openStore(server(), database)
    expect(await scanIds(await second.store.openReader())).toEqual([entry.id])
  })

  test('tables of a newer release are refused, and not changed', async () => {
    const database = await createDatabase(server())
    await (await openStore(server(), database)).close()
    const connection = await connectTo(server(), database)
    await select(connection, 'INSERT INTO event_schema VALUES (7)')
    expect(await failToOpen(database)).toMatch(/version 7, but this release knows only versions up to 1: upgrade/)
    expect(await select(connection, 'SELECT version FROM event_schema ORDER BY 1')).toHaveLength(2)
  })

  test('a database whose encoding cannot represent every event is refused', async () => {
    await server().run(`CREATE DATABASE latin_events OWNER ${USER} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`)
    expect(await failToOpen('latin_events')).toMatch(/encoding of the database is LATIN1.*ENCODING 'UTF8'/)
  })

  test('a user that may not create tables is told so', async () => {
    const database = await createDatabase(server())
    await server().runIn('postgres', `ALTER DATABASE ${database} OWNER TO ${TLS_USER}`)
    await server().runIn(database, 'REVOKE CREATE ON SCHEMA public FROM PUBLIC')
    expect(await failToOpen(database)).toMatch(/permission denied for schema public.*may create tables/)
  })

  test('once the tables are there, a user needs no more than to append and read', async () => {
    const database = await createDatabase(server())
    await (await openStore(server(), database)).close()
    await server().runIn(
      database,
      `REASSIGN OWNED BY ${USER} TO ${TLS_USER}`,
      'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
      `GRANT SELECT ON event_schema, event_gone TO ${USER}`,
      `GRANT SELECT, UPDATE ON event_head TO ${USER}`,
      `GRANT SELECT, INSERT ON event TO ${USER}`,
      `GRANT SELECT, INSERT, UPDATE ON event_key TO ${USER}`,
    )
    const { store } = await openStore(server(), database)
    const entry = new Entries().repeatable('a')
    expect([await store.append(entry), await store.append(entry)]).toEqual(['stored', 'replayed'])
    expect(await scanIds(await store.openReader())).toEqual([entry.id])
  })

  test('a server that is away is reported, without the password', async () => {
    const message = await failToOpen('postgres', [await freePort()])
    expect(message).toMatch(/ECONNREFUSED.*Check EVENT_STORE_URL/)
    expect(message).not.toContain(PASSWORD.slice(0, 6))
  })

  test.for(['', '?sslmode=require'])('it appends and reads over TLS if the URL says so: %j', async (query) => {
    const database = await createDatabase(server())
    const { store } = await openStore(server(), database, { query })
    const entry = new Entries().unique('a')
    await store.append(entry)
    expect(await scanIds(await store.openReader())).toEqual([entry.id])
    const connections = `pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = '${database}' AND query LIKE '%event%'`
    const rows = await select(await connectTo(server(), 'postgres'), `SELECT ssl FROM ${connections}`)
    expect(rows).toEqual(Array(2).fill({ ssl: query !== '' }))
  })

  test('of several servers, it uses the one that is there', async () => {
    const database = await createDatabase(server())
    const { store } = await openStore(server(), database, { ports: [await freePort(), server().port] })
    expect(await store.append(new Entries().unique('a'))).toBe('stored')
  })

  test('a database that accepts no writes is refused', async () => {
    const database = await createDatabase(server())
    await server().run(`ALTER DATABASE ${database} SET default_transaction_read_only = on`)
    onTestFinished(() => server().run(`ALTER DATABASE ${database} RESET ALL`))
    expect(await failToOpen(database)).toMatch(/accepts no writes: default_transaction_read_only is on/)
  })
})
