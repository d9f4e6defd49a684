/** A real database server for tests, started from the locally installed programs in a temporary directory. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const PASSWORD = `p@ss:/?#[]!$&'()*+,;=% "\\ä€`
export const DATABASE = 'chat bots'
/** May read the two tables. */
export const USER = 'reader'
/** May also read the two tables, but only over TLS. */
export const TLS_USER = 'tls_reader'

/** The host name in the server's certificate. */
export type CertificateName = 'localhost' | 'elsewhere.example'

export interface DatabaseServer {
  readonly port: number
  /** The path of the certificate of the authority that signed the server's certificate. */
  readonly authorityFile: string
  /** Runs statements as the administrator, one after another. */
  run(...statements: string[]): Promise<void>
  /** The same in another database. */
  runIn(database: string, ...statements: string[]): Promise<void>
  /** @returns the number of running statements of the service's users */
  countStatements(): Promise<number>
  /** Replaces the table bots by a view that takes a minute to read. @returns a function that undoes that */
  slowDown(): Promise<() => Promise<void>>
  /** Grants the service's user the privilege to read the tables, or revokes it. */
  allow(reads: boolean): Promise<void>
  /** Locks both tables, so that queries wait. @returns a function that unlocks them */
  lock(): Promise<() => Promise<void>>
  start(certificate?: CertificateName): Promise<void>
  /** Stops the server and closes all connections. */
  stop(): Promise<void>
  /** Stops the server and removes its directory. */
  remove(): Promise<void>
}

/** The documented tables, with the rows that the tests look up. */
export const TABLES = [
  'CREATE TABLE projects (id INT PRIMARY KEY, name VARCHAR(100))',
  'CREATE TABLE bots (id INT PRIMARY KEY, project_id INT)',
  `INSERT INTO projects VALUES (1, 'Default Project'), (2, 'Zoë''s & "日本" <b>🌱</b>'), (3, NULL), (4, '')`,
  'INSERT INTO bots VALUES (21, 1), (22, 2), (23, 3), (24, 4), (25, NULL), (-7, 1)',
]

/** The directories in which Debian installs PostgreSQL's programs, the newest version first. */
export function postgresqlDirectories(): string[] {
  const root = '/usr/lib/postgresql'
  try {
    return readdirSync(root)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(root, version, 'bin'))
  } catch {
    return []
  }
}

/** @returns a user for the database servers, which refuse to run as root; empty if the tests do not run as root */
export function unprivileged(...users: string[]): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  for (const user of [...users, 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, user], { stdio: 'pipe' })))
      if (uid && gid) return { uid, gid }
    } catch {}
  }
  throw new Error('There is no user "nobody" to run a database server as.')
}

/** Creates a directory owned by the user. Its path is short, because it contains sockets. */
export function createServerDirectory({ uid, gid }: { uid?: number; gid?: number }): string {
  const directory = mkdtempSync(join(tmpdir(), 'db-'))
  if (uid !== undefined && gid !== undefined) chownSync(directory, uid, gid)
  return directory
}

/** Creates a certificate authority, and a certificate and key for each name that only the server can read. */
export function createCertificates(directory: string, owner: { uid?: number; gid?: number }): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' })
  const newKey = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2']
  openssl(...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test authority')
  for (const name of ['localhost', 'elsewhere.example']) {
    openssl(
      ...newKey,
      ...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-keyout', `${name}.key`, '-out', `${name}.pem`],
      ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-addext', 'basicConstraints=CA:FALSE'],
    )
    chmodSync(join(directory, `${name}.key`), 0o600)
    for (const file of [`${name}.key`, `${name}.pem`]) {
      if (owner.uid !== undefined && owner.gid !== undefined) chownSync(join(directory, file), owner.uid, owner.gid)
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A server process. If it fails to start, the error message includes its output. */
export class ServerProcess {
  #child: ChildProcess | undefined
  readonly #directory: string
  readonly #owner: { uid?: number; gid?: number }

  constructor(directory: string, owner: { uid?: number; gid?: number }) {
    this.#directory = directory
    this.#owner = owner
  }

  /** Starts the program and waits until it is ready. */
  async start(program: string, args: readonly string[], isReady: () => Promise<unknown>): Promise<void> {
    let output = ''
    const child = spawn(program, args, { ...this.#owner, cwd: this.#directory, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
    this.#child = child
    process.once('exit', () => child.kill('SIGKILL'))
    for (let attempt = 0; ; attempt += 1) {
      try {
        await isReady()
        return
      } catch (error) {
        if (child.exitCode !== null || attempt > 300)
          throw new Error(`${program} did not start:\n${output}`, { cause: error })
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
}

/** The database URL for a user, as an operator would write it. */
export function urlFor(
  scheme: string,
  port: number,
  { user = USER, host = '127.0.0.1', database = DATABASE, options = '' } = {},
): string {
  return `${scheme}://${user}:${encodeURIComponent(PASSWORD)}@${host}:${port}/${encodeURIComponent(database)}${options}`
}
