/** A PostgreSQL primary with a synchronous standby, for tests of failover. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { findProgram } from '../support/programs.ts'
import {
  createServerDirectory,
  freePort,
  postgresqlDirectories,
  removeDirectory,
  ServerProcess,
  unprivileged,
} from './server.ts'

const ADMINISTRATOR = 'postgres'
const STANDBY = 'standby'
export const CLUSTER_DATABASE = 'events'
export const CLUSTER_USER = 'receiver'

export interface ClusterNode {
  readonly port: number
  /** Runs a statement as the administrator. */
  query(sql: string, database?: string): Promise<Record<string, unknown>[]>
  start(): Promise<void>
  /** Waits until it has ended. SIGINT ends the sessions first, SIGKILL does not. */
  stop(signal: 'SIGINT' | 'SIGKILL'): Promise<void>
}

export interface Cluster {
  readonly primary: ClusterNode
  /** Follows the primary. A commit on the primary waits for it. */
  readonly standby: ClusterNode
  /** The URL of both, for the user who may create tables in the database. */
  readonly url: string
  /** Makes the standby the primary. Its commits wait for nobody. */
  promote(): Promise<void>
  remove(): Promise<void>
}

interface Programs {
  readonly initdb: string
  readonly postgres: string
  readonly basebackup: string
}

/** @returns a function that starts a cluster, or undefined if PostgreSQL is not installed */
export function findCluster(): (() => Promise<Cluster>) | undefined {
  const find = (name: string) => findProgram(name, postgresqlDirectories())
  const [initdb, postgres, basebackup] = [find('initdb'), find('postgres'), find('pg_basebackup')]
  return initdb && postgres && basebackup ? () => startCluster({ initdb, postgres, basebackup }) : undefined
}

/** The same, behind PgBouncer in transaction mode. The URL leads to the primary through it. */
export function findPooledCluster(): (() => Promise<Cluster>) | undefined {
  const start = findCluster()
  const pgbouncer = findProgram('pgbouncer')
  return start && pgbouncer ? () => addPooler(start, pgbouncer) : undefined
}

async function addPooler(start: () => Promise<Cluster>, pgbouncer: string): Promise<Cluster> {
  const cluster = await start()
  const owner = unprivileged('postgres')
  const directory = createServerDirectory(owner)
  const port = await freePort()
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    default_pool_size: 4,
    server_login_retry: 1,
  }
  const lines = [
    '[databases]',
    `${CLUSTER_DATABASE} = host=127.0.0.1 port=${cluster.primary.port} user=${CLUSTER_USER}`,
    '[pgbouncer]',
    ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
  ]
  writeFileSync(join(directory, 'pgbouncer.ini'), `${lines.join('\n')}\n`)
  const url = `postgres://${CLUSTER_USER}@127.0.0.1:${port}/${CLUSTER_DATABASE}`
  const pooler = new ServerProcess(directory, owner)
  await pooler.start(pgbouncer, ['pgbouncer.ini'], async () => {
    const client = new Client({ connectionString: url })
    client.on('error', () => {})
    await client.connect()
    await client.end()
  })
  return {
    ...cluster,
    url,
    async remove() {
      await pooler.stop('SIGKILL')
      removeDirectory(directory)
      await cluster.remove()
    },
  }
}

async function startCluster({ initdb, postgres, basebackup }: Programs): Promise<Cluster> {
  const owner = unprivileged('postgres')
  const directory = createServerDirectory(owner)
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { ...owner, cwd: directory, stdio: 'pipe' })
  const node = (name: string, port: number, settings: Record<string, string>): ClusterNode =>
    createNode({ program: postgres, directory, data: join(directory, name), port, owner, settings })

  const [first, second] = [await freePort(), await freePort()]
  run(initdb, '-D', 'primary', '-U', ADMINISTRATOR, '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync')
  const trust = ['local all all trust', 'host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust']
  writeFileSync(join(directory, 'primary', 'pg_hba.conf'), `${trust.join('\n')}\n`)
  const primary = node('primary', first, { synchronous_standby_names: STANDBY })
  await primary.start()
  const connection = `host=127.0.0.1 port=${first} user=${ADMINISTRATOR} application_name=${STANDBY}`
  run(basebackup, '-D', 'standby', '-d', connection, '-R', '-X', 'stream', '--no-sync', '-c', 'fast')
  const standby = node('standby', second, { synchronous_standby_names: '' })
  await standby.start()
  await primary.query(`CREATE USER ${CLUSTER_USER}`)
  await primary.query(`CREATE DATABASE ${CLUSTER_DATABASE} OWNER ${CLUSTER_USER}`)

  return {
    primary,
    standby,
    url: `postgres://${CLUSTER_USER}@127.0.0.1:${first},127.0.0.1:${second}/${CLUSTER_DATABASE}`,
    promote: async () => void (await standby.query('SELECT pg_promote()')),
    async remove() {
      await Promise.all([primary.stop('SIGKILL'), standby.stop('SIGKILL')])
      removeDirectory(directory)
    },
  }
}

interface NodeOptions {
  readonly program: string
  readonly directory: string
  readonly data: string
  readonly port: number
  readonly owner: { uid?: number; gid?: number }
  readonly settings: Readonly<Record<string, string>>
}

function createNode({ program, directory, data, port, owner, settings }: NodeOptions): ClusterNode {
  const server = new ServerProcess(directory, owner)
  const query: ClusterNode['query'] = async (sql, database = 'postgres') => {
    const client = new Client({ host: '127.0.0.1', port, user: ADMINISTRATOR, database })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }
  const common = { listen_addresses: '127.0.0.1', port, unix_socket_directories: directory, fsync: 'off' }
  const args = Object.entries({ ...common, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return {
    port,
    query,
    start: () => server.start(program, ['-D', data, ...args], () => query('SELECT 1')),
    stop: (signal) => server.stop(signal),
  }
}
