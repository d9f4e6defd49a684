/** A real database server for tests, started from what the machine has, in a temporary folder. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, chmodSync, chownSync, constants, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const PASSWORD = `p@ss:/?#[]!$&'()*+,;=% "\\ä€`
export const DATABASE = 'chat bots'
/** May read the two tables. */
export const USER = 'reader'
/** May read them too, and only over TLS. */
export const TLS_USER = 'tls_reader'

/** What the server's certificate is made out to. */
export type CertificateName = 'localhost' | 'elsewhere.example'

export interface DatabaseServer {
  readonly port: number
  /** The certificate of the authority that signed the server's. */
  readonly authorityFile: string
  /** Runs statements as the administrator, one after the other. */
  run(...statements: string[]): Promise<void>
  /** The same in another database. */
  runIn(database: string, ...statements: string[]): Promise<void>
  /** How many statements of the service's users are running. */
  countStatements(): Promise<number>
  /** Puts a view in place of the table of bots that takes a minute to read. @returns what undoes that */
  slowDown(): Promise<() => Promise<void>>
  /** Lets the user of the service read the tables, or forbids it. */
  allow(reads: boolean): Promise<void>
  /** Keeps both tables locked, so that queries wait. @returns what unlocks them */
  lock(): Promise<() => Promise<void>>
  start(certificate?: CertificateName): Promise<void>
  /** Cuts all connections. */
  stop(): Promise<void>
  /** Stops the server and removes its folder. */
  remove(): Promise<void>
}

/** The tables of the documentation, and what the tests look for. */
export const TABLES = [
  'CREATE TABLE projects (id INT PRIMARY KEY, name VARCHAR(100))',
  'CREATE TABLE bots (id INT PRIMARY KEY, project_id INT)',
  `INSERT INTO projects VALUES (1, 'Default Project'), (2, 'Zoë''s & "日本" <b>🌱</b>'), (3, NULL), (4, '')`,
  'INSERT INTO bots VALUES (21, 1), (22, 2), (23, 3), (24, 4), (25, NULL), (-7, 1)',
]

/** @returns the path of a program from PATH or the folders, or undefined */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const places = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', ...folders]
  return places
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** Where Debian puts PostgreSQL's programs, the newest first. */
export function postgresqlFolders(): string[] {
  const root = '/usr/lib/postgresql'
  try {
    return readdirSync(root)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(root, version, 'bin'))
  } catch {
    return []
  }
}

/** The database servers refuse to run as root. @returns a user for them, or nothing if the tests are no root */
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

/** Makes a folder that belongs to the user. Its path is short, for the sockets in it. */
export function makeServerFolder({ uid, gid }: { uid?: number; gid?: number }): string {
  const folder = mkdtempSync(join(tmpdir(), 'db-'))
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid)
  return folder
}

/** Makes an authority of its own, and a certificate and key for each name; all of them readable for the server alone. */
export function makeCertificates(folder: string, owner: { uid?: number; gid?: number }): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const newKey = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2']
  openssl(...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test authority')
  for (const name of ['localhost', 'elsewhere.example']) {
    openssl(
      ...newKey,
      ...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-keyout', `${name}.key`, '-out', `${name}.pem`],
      ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-addext', 'basicConstraints=CA:FALSE'],
    )
    chmodSync(join(folder, `${name}.key`), 0o600)
    for (const file of [`${name}.key`, `${name}.pem`]) {
      if (owner.uid !== undefined && owner.gid !== undefined) chownSync(join(folder, file), owner.uid, owner.gid)
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

/** A server's process, with its output in the message if it does not start. */
export class ServerProcess {
  #child: ChildProcess | undefined
  readonly #folder: string
  readonly #owner: { uid?: number; gid?: number }

  constructor(folder: string, owner: { uid?: number; gid?: number }) {
    this.#folder = folder
    this.#owner = owner
  }

  /** Starts the program and waits until it is ready. */
  async start(program: string, args: readonly string[], isReady: () => Promise<unknown>): Promise<void> {
    let output = ''
    const child = spawn(program, args, { ...this.#owner, cwd: this.#folder, stdio: ['ignore', 'pipe', 'pipe'] })
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

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

/** The URL of a user, as an operator would write it. */
export function urlFor(
  scheme: string,
  port: number,
  { user = USER, host = '127.0.0.1', database = DATABASE, options = '' } = {},
): string {
  return `${scheme}://${user}:${encodeURIComponent(PASSWORD)}@${host}:${port}/${encodeURIComponent(database)}${options}`
}
