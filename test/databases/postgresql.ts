import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { findProgram } from '../support/programs.ts'
import {
  createCertificates,
  createServerDirectory,
  DATABASE,
  type DatabaseServer,
  freePort,
  PASSWORD,
  postgresqlDirectories,
  removeDirectory,
  ServerProcess,
  TABLES,
  TLS_USER,
  USER,
  unprivileged,
} from './server.ts'

const ADMINISTRATOR = 'postgres'
/** The administrator connects through the socket; all others need the password, and one user needs TLS. */
const HOST_RULES = `
local all ${ADMINISTRATOR} trust
hostnossl all ${TLS_USER} all reject
host all all all scram-sha-256
`

export interface PostgresqlServer extends DatabaseServer {
  /** Runs a statement as the administrator. */
  query(database: string, statement: string): Promise<Record<string, unknown>[]>
  /** Kills all processes of the server, as the kernel does when memory runs out. */
  kill(): Promise<void>
}

/** @returns a function that starts a PostgreSQL server, or undefined if PostgreSQL is not installed */
export function findPostgresql(): (() => Promise<PostgresqlServer>) | undefined {
  const initdb = findProgram('initdb', postgresqlDirectories())
  const postgres = findProgram('postgres', postgresqlDirectories())
  return initdb && postgres ? () => startPostgresql(initdb, postgres) : undefined
}

async function startPostgresql(initdb: string, postgres: string): Promise<PostgresqlServer> {
  const owner = unprivileged('postgres')
  const directory = createServerDirectory(owner)
  const data = join(directory, 'data')
  const port = await freePort()
  const server = new ServerProcess(directory, owner)
  createCertificates(directory, owner)
  execFileSync(initdb, ['-D', data, '-U', ADMINISTRATOR, '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync'], {
    ...owner,
    cwd: directory,
    stdio: 'pipe',
  })
  writeFileSync(join(data, 'pg_hba.conf'), HOST_RULES)

  const connect = async (database: string) => {
    const client = new Client({ host: directory, port, user: ADMINISTRATOR, database })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const runIn = async (database: string, statements: readonly string[]): Promise<Record<string, unknown>[]> => {
    const client = await connect(database)
    try {
      let rows: Record<string, unknown>[] = []
      for (const statement of statements) rows = (await client.query(statement)).rows
      return rows
    } finally {
      await client.end()
    }
  }
  const start: DatabaseServer['start'] = (certificate = 'localhost') => {
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: directory,
      fsync: 'off',
      ssl: 'on',
      ssl_cert_file: join(directory, `${certificate}.pem`),
      ssl_key_file: join(directory, `${certificate}.key`),
    }
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    return server.start(postgres, ['-D', data, ...args], () => runIn('postgres', ['SELECT 1']))
  }
  const stop = () => server.stop('SIGINT')

  await start()
  const password = PASSWORD.replaceAll("'", "''")
  await runIn('postgres', [
    `CREATE DATABASE "${DATABASE}"`,
    ...[USER, TLS_USER].map((user) => `CREATE USER ${user} PASSWORD '${password}'`),
  ])
  await runIn(DATABASE, [...TABLES, `GRANT SELECT ON bots, projects TO ${USER}, ${TLS_USER}`])

  return {
    port,
    authorityFile: join(directory, 'ca.pem'),
    query: (database, statement) => runIn(database, [statement]),
    async run(...statements) {
      await runIn(DATABASE, statements)
    },
    async runIn(database, ...statements) {
      await runIn(database, statements)
    },
    async countStatements() {
      const [row] = await runIn('postgres', [
        `SELECT count(*) AS running FROM pg_stat_activity WHERE usename <> '${ADMINISTRATOR}' AND state = 'active'`,
      ])
      return Number(row?.running)
    },
    async slowDown() {
      await runIn(DATABASE, [
        'ALTER TABLE bots RENAME TO fast_bots',
        // OFFSET keeps the planner from filtering by the bot first.
        'CREATE VIEW bots AS SELECT id, project_id FROM (SELECT *, pg_sleep(60) FROM fast_bots OFFSET 0) AS slow_bots',
        `GRANT SELECT ON bots TO ${USER}`,
      ])
      return async () => void (await runIn(DATABASE, ['DROP VIEW bots', 'ALTER TABLE fast_bots RENAME TO bots']))
    },
    async allow(reads) {
      await runIn(DATABASE, [reads ? `GRANT SELECT ON bots TO ${USER}` : `REVOKE SELECT ON bots FROM ${USER}`])
    },
    async lock() {
      const client = await connect(DATABASE)
      await client.query('BEGIN; LOCK TABLE bots, projects IN ACCESS EXCLUSIVE MODE')
      return () => client.end()
    },
    start,
    stop,
    kill: () => server.stop('SIGKILL'),
    async remove() {
      await stop()
      removeDirectory(directory)
    },
  }
}
