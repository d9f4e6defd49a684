import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { explainSystemError } from '../lib/system-error.ts'

/** Where the project database is, and how to get in. */
export interface DatabaseAddress {
  readonly kind: 'mysql' | 'postgres'
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  readonly tls: false | DatabaseTls
}

export interface DatabaseTls {
  /** Whether the server must show a certificate for its host name that an authority has signed. */
  readonly verify: boolean
  /** The authority's certificates, as PEM. Without them those that Node trusts count. */
  readonly ca: string | undefined
}

/**
 * The database's URL is wrong. The message repeats no part of it, as a misplaced `#` or `/` puts the password anywhere.
 * The exception is the path in `sslrootcert`, which the operator needs: a password that a `?` cuts leaves its @ behind,
 * and such a URL is refused before.
 */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError'
}

const KINDS: Readonly<Record<string, { kind: DatabaseAddress['kind']; port: number }>> = {
  'mysql:': { kind: 'mysql', port: 3306 },
  'postgres:': { kind: 'postgres', port: 5432 },
  'postgresql:': { kind: 'postgres', port: 5432 },
}

const SHAPE = 'mysql://user:password@host/database or postgres://user:password@host/database'
const PERCENT =
  'Write special characters in the user, the password and the database percent-encoded: ' +
  '@ as %40, : as %3A, / as %2F, ? as %3F, # as %23, % as %25, a blank as %20'

/**
 * Reads the URL of a database: `mysql://` or `postgres://`, with `sslmode` and `sslrootcert` as PostgreSQL's own
 * clients know them (https://www.postgresql.org/docs/current/libpq-ssl.html), for both databases.
 *
 * @throws DatabaseUrlError
 */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  // The URL standard drops line breaks without a word, and a password would be another one.
  if (/[\s\p{Cc}]/u.test(text)) throw new DatabaseUrlError(`holds a blank or a line break. ${PERCENT}.`)
  const known = KINDS[/^[a-z]+:(?=\/\/)/i.exec(text)?.[0].toLowerCase() ?? '']
  if (!known) throw new DatabaseUrlError(`must look like ${SHAPE}.`)
  if (!URL.canParse(text)) throw new DatabaseUrlError(`is no URL. It must look like ${SHAPE}. ${PERCENT}.`)
  const url = new URL(text)
  if (/@/.test(url.pathname + url.search + url.hash)) {
    throw new DatabaseUrlError(`has an @ after the host, so the password has been cut short. ${PERCENT}.`)
  }
  if (url.hash !== '' || text.endsWith('#')) throw new DatabaseUrlError(`holds a #. ${PERCENT}.`)

  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const address = {
    kind: known.kind,
    host,
    port: url.port === '' ? known.port : Number(url.port),
    user: decode(url.username),
    password: decode(url.password),
    database: decode(url.pathname.slice(1)),
    tls: readTls(url.searchParams),
  }
  if (!/^[\w.-]+$/.test(host) && isIP(host) !== 6) {
    throw new DatabaseUrlError(`must name one host, by its name or address. It must look like ${SHAPE}.`)
  }
  if (address.port === 0) throw new DatabaseUrlError('must name a port from 1 to 65535, or none.')
  if (address.user === '') throw new DatabaseUrlError(`names no user. It must look like ${SHAPE}.`)
  if (address.database === '') throw new DatabaseUrlError(`names no database. It must look like ${SHAPE}.`)
  if (url.pathname.indexOf('/', 1) > 0) throw new DatabaseUrlError(`has a / after the database. ${PERCENT}.`)
  if (address.kind === 'mysql' && address.tls && address.tls.verify && isIP(host) !== 0) {
    // The driver would hold the certificate against the name "localhost" instead.
    throw new DatabaseUrlError(
      'needs a host name instead of an address for sslmode=verify-full: an address of a MySQL server cannot be verified.',
    )
  }
  return address
}

/**
 * Hides the password of a database's URL.
 *
 * @param url one that `parseDatabaseUrl` accepts: nothing but the host follows its last @
 */
export function withoutPassword(url: string): string {
  const [start = ''] = /^[a-z]+:\/\//i.exec(url) ?? []
  const end = url.lastIndexOf('@')
  const colon = url.indexOf(':', start.length)
  return colon >= 0 && colon < end ? `${url.slice(0, colon)}:********${url.slice(end)}` : url
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new DatabaseUrlError(`has a % that begins no percent-encoded character. ${PERCENT}.`)
  }
}

/**
 * `require` encrypts and verifies nothing, as with PostgreSQL's own clients. Those verify a little after all once there
 * is an authority's file; here the two together are a mistake, so that nobody believes in what is not checked.
 */
function readTls(options: URLSearchParams): false | DatabaseTls {
  const names = [...options.keys()]
  if (names.some((name) => name !== 'sslmode' && name !== 'sslrootcert') || new Set(names).size < names.length) {
    throw new DatabaseUrlError(
      `may have sslmode and sslrootcert after the ?, each once, and nothing else. If the ? is part of the password: ${PERCENT}.`,
    )
  }
  const mode = options.get('sslmode') ?? 'disable'
  const file = options.get('sslrootcert')
  if (mode !== 'disable' && mode !== 'require' && mode !== 'verify-full') {
    throw new DatabaseUrlError('has another sslmode than disable, require or verify-full.')
  }
  if (file !== null && mode !== 'verify-full') {
    throw new DatabaseUrlError(
      'has an sslrootcert, which counts with sslmode=verify-full only. Set that, or remove it.',
    )
  }
  if (mode === 'disable') return false
  return { verify: mode === 'verify-full', ca: file === null ? undefined : readCertificates(file) }
}

function readCertificates(file: string): string {
  try {
    const pem = readFileSync(file, 'utf8')
    new X509Certificate(pem)
    return pem
  } catch (error) {
    const isUnreadable = error instanceof Error && 'syscall' in error
    throw new DatabaseUrlError(
      isUnreadable
        ? `names an sslrootcert, ${file}, that cannot be read: ${explainSystemError(error)}. Name a PEM file that this user may read.`
        : 'names an sslrootcert that holds no certificate. Name a PEM file with the certificate of the authority.',
    )
  }
}
