import type { PostgresConnection, QueryLimits } from '../../databases/postgres-connection.ts'
import { StoreStartError } from '../event-store.ts'
import { MIGRATIONS } from './migrations.ts'

/** Any number, but always this one: receivers that start at the same time take turns. */
const LOCK = 7_263_910_554

/**
 * Creates the tables, or upgrades them, in one transaction.
 *
 * @throws StoreStartError if the database is unsuitable, or the driver's error
 */
export async function migrate(
  connection: PostgresConnection,
  limits: QueryLimits,
  migrations: readonly string[] = MIGRATIONS,
): Promise<void> {
  const select = async <Row extends object>(text: string) => (await connection.query<Row>(text, [], limits)).rows[0]
  await connection.run('BEGIN', limits)
  const encoding = await select<{ server_encoding: string }>('SHOW server_encoding')
  if (encoding?.server_encoding !== 'UTF8') throw new StoreStartError(wrongEncoding(encoding?.server_encoding))
  await connection.run(`SELECT pg_advisory_xact_lock(${LOCK})`, limits)
  const table = await select<{ exists: boolean }>("SELECT to_regclass('event_schema') IS NOT NULL AS exists")
  // CREATE TABLE IF NOT EXISTS needs the privilege to create tables, even if this one exists.
  if (!table?.exists) await connection.run('CREATE TABLE event_schema (version integer PRIMARY KEY)', limits)
  const schema = await select<{ version: number }>('SELECT coalesce(max(version), 0) AS version FROM event_schema')
  const version = schema?.version ?? 0
  if (version > migrations.length) throw new StoreStartError(tooNew(version, migrations.length))
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue
    await connection.run(`${migration}; INSERT INTO event_schema VALUES (${index + 1})`, limits)
  }
  await connection.run('COMMIT', limits)
}

function wrongEncoding(encoding = 'unknown'): string {
  return (
    `the encoding of the database is ${encoding}, which cannot represent every event: ` +
    "create a database with ENCODING 'UTF8' TEMPLATE template0"
  )
}

function tooNew(version: number, known: number): string {
  return (
    `the tables have version ${version}, but this release knows only versions up to ${known}: ` +
    'upgrade this receiver to the release of the other receivers, or give it a database of its own'
  )
}
