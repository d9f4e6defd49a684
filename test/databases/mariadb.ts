import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import {
  DATABASE,
  type DatabaseServer,
  findProgram,
  freePort,
  makeCertificates,
  makeServerFolder,
  PASSWORD,
  removeFolder,
  ServerProcess,
  TABLES,
  TLS_USER,
  USER,
  unprivileged,
} from './server.ts'

/** @returns how to start a MariaDB, or undefined if this machine has none */
export function findMariadb(): (() => Promise<DatabaseServer>) | undefined {
  const install = findProgram('mariadb-install-db')
  const mariadbd = findProgram('mariadbd')
  return install && mariadbd ? () => startMariadb(install, mariadbd) : undefined
}

async function startMariadb(install: string, mariadbd: string): Promise<DatabaseServer> {
  const owner = unprivileged('mysql')
  const folder = makeServerFolder(owner)
  const socketPath = join(folder, 'socket')
  const data = join(folder, 'data')
  const port = await freePort()
  const server = new ServerProcess(folder, owner)
  makeCertificates(folder, owner)
  execFileSync(
    install,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--tmpdir=${folder}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    { ...owner, cwd: folder, stdio: 'pipe' },
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
      tmpdir: folder,
      socket: socketPath,
      'pid-file': join(folder, 'pid'),
      'bind-address': '127.0.0.1',
      port,
      'character-set-server': 'utf8mb4',
      'innodb-flush-log-at-trx-commit': 0,
      'ssl-cert': join(folder, `${certificate}.pem`),
      'ssl-key': join(folder, `${certificate}.key`),
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
    authorityFile: join(folder, 'ca.pem'),
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
        // Without any right in the database, the user could not log in.
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
      removeFolder(folder)
    },
  }
}
