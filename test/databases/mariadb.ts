import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { findProgram } from '../support/programs.ts'
import {
  createCertificates,
  createServerDirectory,
  DATABASE,
  type DatabaseServer,
  freePort,
  PASSWORD,
  removeDirectory,
  ServerProcess,
  TABLES,
  TLS_USER,
  USER,
  unprivileged,
} from './server.ts'

/** @returns a function that starts a MariaDB server, or undefined if MariaDB is not installed */
export function findMariadb(): (() => Promise<DatabaseServer>) | undefined {
  const install = findProgram('mariadb-install-db')
  const mariadbd = findProgram('mariadbd')
  return install && mariadbd ? () => startMariadb(install, mariadbd) : undefined
}

async function startMariadb(install: string, mariadbd: string): Promise<DatabaseServer> {
  const owner = unprivileged('mysql')
  const directory = createServerDirectory(owner)
  const socketPath = join(directory, 'socket')
  const data = join(directory, 'data')
  const port = await freePort()
  const server = new ServerProcess(directory, owner)
  createCertificates(directory, owner)
  execFileSync(
    install,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--tmpdir=${directory}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    { ...owner, cwd: directory, stdio: 'pipe' },
  )

  const runIn = async (database: string | undefined, statements: readonly string[]): Promise<unknown> => {
    const connection = await createConnection({ socketPath, user: 'root', ...(database && { database }) })
    try {
      let result: unknown
      for (const statement of statements) [result] = await connection.query(statement)
      return result
    } finally {
      await connection.end()
    }
  }
  const start: DatabaseServer['start'] = (certificate = 'localhost') => {
    const settings = {
      datadir: data,
      tmpdir: directory,
      socket: socketPath,
      'pid-file': join(directory, 'pid'),
      'bind-address': '127.0.0.1',
      port,
      'character-set-server': 'utf8mb4',
      'innodb-flush-log-at-trx-commit': 0,
      'ssl-cert': join(directory, `${certificate}.pem`),
      'ssl-key': join(directory, `${certificate}.key`),
    }
    const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`)
    return server.start(mariadbd, ['--no-defaults', ...args], () => runIn(undefined, ['SELECT 1']))
  }
  const stop = () => server.stop('SIGTERM')

  await start()
  const password = PASSWORD.replaceAll('\\', '\\\\').replaceAll("'", "''")
  await runIn(undefined, [
    `CREATE DATABASE \`${DATABASE}\``,
    `CREATE USER ${USER} IDENTIFIED BY '${password}'`,
    `CREATE USER ${TLS_USER} IDENTIFIED BY '${password}' REQUIRE SSL`,
    `GRANT SELECT ON \`${DATABASE}\`.* TO ${USER}, ${TLS_USER}`,
  ])
  await runIn(DATABASE, TABLES)

  return {
    port,
    authorityFile: join(directory, 'ca.pem'),
    async run(...statements) {
      await runIn(DATABASE, statements)
    },
    async runIn(database, ...statements) {
      await runIn(database, statements)
    },
    async countStatements() {
      const rows = await runIn(undefined, [
        "SELECT count(*) AS running FROM information_schema.processlist WHERE user <> 'root' AND command <> 'Sleep'",
      ])
      return Number((rows as { running: unknown }[])[0]?.running)
    },
    async slowDown() {
      await runIn(DATABASE, [
        'ALTER TABLE bots RENAME TO fast_bots',
        'CREATE ALGORITHM = TEMPTABLE VIEW bots AS SELECT id, project_id FROM fast_bots WHERE SLEEP(60) = 0',
      ])
      return async () => void (await runIn(DATABASE, ['DROP VIEW bots', 'ALTER TABLE fast_bots RENAME TO bots']))
    },
    async allow(reads) {
      await runIn(undefined, [
        `REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${USER}`,
        // Without any privilege in the database, the user cannot log in.
        `GRANT SELECT ON \`${DATABASE}\`.${reads ? '*' : 'projects'} TO ${USER}`,
      ])
    },
    async lock() {
      const connection = await createConnection({ socketPath, user: 'root', database: DATABASE })
      await connection.query('LOCK TABLES bots WRITE, projects WRITE')
      return () => connection.end()
    },
    start,
    stop,
    async remove() {
      await stop()
      removeDirectory(directory)
    },
  }
}
