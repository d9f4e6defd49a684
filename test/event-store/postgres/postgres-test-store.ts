import { onTestFinished } from 'vitest'
import { postgresStoreLimits } from '../../../src/config/limits.ts'
import { parseDatabaseUrl } from '../../../src/databases/database-url.ts'
import type { PostgresConnection } from '../../../src/databases/postgres-connection.ts'
import { PrimaryFinder } from '../../../src/databases/primary.ts'
import type { EventStore } from '../../../src/event-store/event-store.ts'
import {
  openPostgresEventStore,
  type PostgresLimits,
} from '../../../src/event-store/postgres/open-postgres-event-store.ts'
import { deleteEntries } from '../../../src/event-store/postgres/retention.ts'
import type { PostgresqlServer } from '../../databases/postgresql.ts'
import { USER, urlFor } from '../../databases/server.ts'
import type { TestKind } from '../../support/event-store.ts'
import { type Incident, reportingTo } from '../../support/telemetry.ts'
import type { TestStore } from '../suite/test-store.ts'
import { AppendProxy, type Failure } from './append-proxy.ts'

const QUERY = { timeoutMs: 30_000, maxResponseBytes: 1 << 24 }
const FAILURES: readonly Failure[] = ['full', 'lost', 'read-only']

let databases = 0

/** Creates an empty database that belongs to the test user. @param template a database to copy */
export async function createDatabase(server: PostgresqlServer, template = 'template0'): Promise<string> {
  const name = `events_${databases++}`
  await server.runIn('postgres', `CREATE DATABASE ${name} OWNER ${USER} TEMPLATE ${template}`)
  return name
}

export interface StoreOptions {
  readonly limits?: PostgresLimits
  readonly windowMs?: number
  readonly ports?: readonly number[]
  /** What follows the database in the URL. */
  readonly query?: string
}

/** Opens a store, which is closed after the test. `batches` has the number of entries of each. */
export async function openStore(server: PostgresqlServer, database: string, options: StoreOptions = {}) {
  const { limits = postgresStoreLimits, windowMs = 86_400_000, ports = [server.port], query: urlOptions = '' } = options
  const incidents: Incident[] = []
  const telemetry = reportingTo((incident) => incidents.push(incident))
  const batches: number[] = []
  telemetry.on('batchWritten', ({ lines }) => batches.push(lines))
  const store = await openPostgresEventStore<TestKind>({
    addresses: ports.map((port) => parseDatabaseUrl(urlFor('postgres', port, { database, options: urlOptions }))),
    kinds: ['a', 'b', 'other'],
    windowMs,
    limits,
    telemetry,
  })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= store.close()
    return closing
  }
  onTestFinished(close)
  const messages = () => incidents.map(({ level, message }) => `${level}: ${message}`)
  return { store, incidents, messages, batches, close }
}

/** Connects as the user of the store. */
export async function connectTo(server: PostgresqlServer, database: string): Promise<PostgresConnection> {
  const address = parseDatabaseUrl(urlFor('postgres', server.port, { database }))
  const connection = await new PrimaryFinder([address], QUERY).connect()
  onTestFinished(() => connection.close())
  return connection
}

export async function select<Row extends object>(connection: PostgresConnection, text: string) {
  return (await connection.query<Row>(text, [], QUERY)).rows
}

/** Opens a store in a database of its own, behind a proxy that makes its appends fail. */
export async function openPostgresTestStore(server: PostgresqlServer): Promise<PostgresTestStore> {
  const testStore = new PostgresTestStore(server, await createDatabase(server), await AppendProxy.start(server.port))
  await testStore.open()
  return testStore
}

class PostgresTestStore implements TestStore {
  readonly remembersIds = true
  readonly #server: PostgresqlServer
  readonly #proxy: AppendProxy
  readonly #archived = new Map<TestKind, number>()
  #database: string
  #opened: Awaited<ReturnType<typeof openStore>> | undefined

  constructor(server: PostgresqlServer, database: string, proxy: AppendProxy) {
    this.#server = server
    this.#database = database
    this.#proxy = proxy
  }

  get store(): EventStore<TestKind> {
    if (!this.#opened) throw new Error('the store is closed')
    return this.#opened.store
  }

  async open(): Promise<void> {
    const proxy = this.#proxy
    // If appends are meant to fail, they do so after the first try, whose outcome is then known.
    const limits = {
      ...postgresStoreLimits,
      get stallTimeoutMs() {
        return proxy.failure ? 250 : 20_000
      },
      get minRetryMs() {
        return proxy.failure ? 600 : 5
      },
      get maxRetryMs() {
        return proxy.failure ? 600 : 5
      },
    }
    this.#opened = await openStore(this.#server, this.#database, { limits, ports: [proxy.port] })
  }

  /** @param how an odd number continues in a copy of the database */
  async restart(how = 0): Promise<void> {
    await this.#opened?.close()
    this.heal()
    if (how % 2 === 1) this.#database = await createDatabase(this.#server, this.#database)
    await this.open()
  }

  /** The connection of the readers breaks. */
  disturb(): void {
    this.#proxy.cutReaders()
  }

  failAppends(how: number): void {
    this.#proxy.failure = FAILURES[how % FAILURES.length]
  }

  heal(): void {
    this.#proxy.failure = undefined
  }

  hold() {
    return this.#proxy.hold()
  }

  async archive(kind: TestKind): Promise<void> {
    const connection = await connectTo(this.#server, this.#database)
    const [head] = await select<{ position: string }>(connection, 'SELECT position FROM event_head')
    this.#archived.set(kind, Number(head?.position))
  }

  async deleteArchived(kind: TestKind): Promise<void> {
    const connection = await connectTo(this.#server, this.#database)
    const upTo = this.#archived.get(kind) ?? 0
    while ((await deleteEntries(connection, { kind, upTo, maxRows: 1 }, QUERY)) > 0);
  }

  async dispose(): Promise<void> {
    await this.#opened?.close()
  }
}
