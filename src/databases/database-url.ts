import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { explainSystemError } from '../lib/errors.ts'

/** The address of a database, and the credentials for it. */
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
  /** Whether the server must present a certificate for its host name, signed by a trusted authority. */
  readonly verify: boolean
  /** The trusted authorities' certificates as PEM. Defaults to those that Node trusts. */
  readonly ca: string | undefined
}

/**
 * The database URL is invalid. The message includes no part of it, since an unencoded `#` or `/` can make the password
 * end up anywhere. The exception is the path in `sslrootcert`, which the operator needs: a password that contains a `?`
 * leaves an @ after it, and such a URL is rejected earlier.
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
  'Percent-encode special characters in the user, password and database: ' +
  '@ as %40, : as %3A, / as %2F, ? as %3F, # as %23, % as %25, a space as %20'

/**
 * Parses a `mysql://` or `postgres://` URL. Both accept `sslmode` and `sslrootcert`, which work as in libpq
 * (https://www.postgresql.org/docs/current/libpq-ssl.html).
 *
 * @throws DatabaseUrlError
 */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  // The URL standard silently removes line breaks, which would change the password.
  if (/[\s\p{Cc}]/u.test(text)) throw new DatabaseUrlError(`contains a space or a line break. ${PERCENT}.`)
  const known = KINDS[/^[a-z]+:(?=\/\/)/i.exec(text)?.[0].toLowerCase() ?? '']
  if (!known) throw new DatabaseUrlError(`must look like ${SHAPE}.`)
  if (!URL.canParse(text)) throw new DatabaseUrlError(`is not a valid URL. It must look like ${SHAPE}. ${PERCENT}.`)
  const url = new URL(text)
  if (/@/.test(url.pathname + url.search + url.hash)) {
    throw new DatabaseUrlError(`contains an @ after the host, so the password is cut off. ${PERCENT}.`)
  }
  if (url.hash !== '' || text.endsWith('#')) throw new DatabaseUrlError(`contains a #. ${PERCENT}.`)

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
    throw new DatabaseUrlError(`must contain exactly one host name or IP address. It must look like ${SHAPE}.`)
  }
  if (address.port === 0) throw new DatabaseUrlError('must have a port from 1 to 65535, or no port.')
  if (address.user === '') throw new DatabaseUrlError(`has no user. It must look like ${SHAPE}.`)
  if (address.database === '') throw new DatabaseUrlError(`has no database. It must look like ${SHAPE}.`)
  if (url.pathname.indexOf('/', 1) > 0) throw new DatabaseUrlError(`contains a / after the database. ${PERCENT}.`)
  if (address.kind === 'mysql' && address.tls && address.tls.verify && isIP(host) !== 0) {
    // The driver would verify the certificate against the name "localhost" instead.
    throw new DatabaseUrlError(
      'needs a host name for sslmode=verify-full: the IP address of a MySQL server cannot be verified.',
    )
  }
  return address
}

/**
 * Hides the password in a database URL.
 *
 * @param url one that `parseDatabaseUrl` accepts, so that the host follows its last @
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
    throw new DatabaseUrlError(`contains a % that does not start a percent-encoded character. ${PERCENT}.`)
  }
}

/**
 * `require` encrypts without verifying the certificate, as in libpq. With a root certificate, libpq verifies part of
 * it; here that combination is an error, so that no one relies on a check that does not happen.
 */
function readTls(options: URLSearchParams): false | DatabaseTls {
  const names = [...options.keys()]
  if (names.some((name) => name !== 'sslmode' && name !== 'sslrootcert') || new Set(names).size < names.length) {
    throw new DatabaseUrlError(
      `accepts only sslmode and sslrootcert after the ?, each at most once. Is the ? part of the password? ${PERCENT}.`,
    )
  }
  const mode = options.get('sslmode') ?? 'disable'
  const file = options.get('sslrootcert')
  if (mode !== 'disable' && mode !== 'require' && mode !== 'verify-full') {
    throw new DatabaseUrlError('must have an sslmode of disable, require or verify-full.')
  }
  if (file !== null && mode !== 'verify-full') {
    throw new DatabaseUrlError(
      'has an sslrootcert, which requires sslmode=verify-full. Set that, or remove sslrootcert.',
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
        ? `has an sslrootcert that cannot be read, ${file}: ${explainSystemError(error)}. Set it to a PEM file that this user can read.`
        : 'has an sslrootcert that contains no certificate. Set it to a PEM file with the certificate of the authority.',
    )
  }
}
