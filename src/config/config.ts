import type { z } from 'zod'
import { type DatabaseAddress, DatabaseUrlError, parseDatabaseUrl } from '../databases/database-url.ts'
import { ConfigError } from './config-error.ts'
import { type EventStoreConfig, eventStoreWarnings, readEventStore } from './event-store.ts'
import { findInheritedSocket } from './inherited-socket.ts'
import { rotationWarnings, toRotation } from './rotation.ts'
import { describeError, settings } from './schema.ts'
import { readTls, type TlsConfig, tlsWarnings } from './tls.ts'
import { type Environment, readTokens, type TokenFile, type Tokens } from './tokens.ts'

export interface Config {
  readonly tokens: Tokens
  /** The files that the tokens come from. */
  readonly tokenFiles: readonly TokenFile[]
  readonly host: string
  readonly port: number
  /** The file descriptor of the socket that systemd passed. The webhook listens on it instead of host and port. */
  readonly inheritedSocket: number | undefined
  readonly webhookPath: string
  /** Where the private listener listens; undefined if it is off. */
  readonly admin: { readonly host: string; readonly port: number } | undefined
  /** The files of the server's certificate; undefined for plain HTTP. */
  readonly tls: TlsConfig | undefined
  /** How long to keep serving, but not ready, after SIGTERM. Milliseconds. */
  readonly shutdownDelay: number
  /** The database that events are stored in; undefined if they are stored in files. */
  readonly eventStore: EventStoreConfig | undefined
  readonly logDir: string
  readonly fsync: boolean
  readonly logLevel: string
  readonly production: boolean
  readonly environment: string
  readonly bodyLimit: number
  /** Addresses and CIDRs of proxies, or false. */
  readonly trustProxy: readonly string[] | false
  /** How log files are rotated; undefined if nothing of it is configured. */
  readonly rotation: ReturnType<typeof toRotation>
  readonly redelivery: { readonly ttlMs: number; readonly maxEvents: number }
  /** The path of the file with reply rules. */
  readonly repliesFile: string | undefined
  readonly botProjects: ReadonlyMap<string, string>
  /** The database with the project names of bots that `botProjects` does not list. */
  readonly database: DatabaseAddress | undefined
  /** Settings that are valid but unwise. */
  readonly warnings: readonly string[]
}

/**
 * Reads and validates all settings.
 *
 * @param env an empty string counts as not set
 * @throws ConfigError that lists every invalid setting and its valid values
 */
export function readConfig(env: Environment): Config {
  const given = withoutEmpty(env)
  const parsed = settings.safeParse(given)
  const errors = new Set(parsed.error?.issues.map(({ path: [name] }) => describeError(String(name), given)))
  const secrets = readTokens(given)
  for (const error of secrets.errors) errors.add(error)
  if (parsed.data) for (const error of findConflicts(parsed.data)) errors.add(error)
  const database = readDatabase(given.DATABASE_URL)
  if ('error' in database) errors.add(database.error)
  const socket = findInheritedSocket(given, process.pid)
  if ('error' in socket) errors.add(socket.error)
  const tls = readTls(given)
  if ('error' in tls) errors.add(tls.error)
  const store = readEventStore(given, parsed.data)
  if ('error' in store) errors.add(store.error)
  if (
    !parsed.success ||
    !secrets.tokens ||
    'error' in database ||
    'error' in socket ||
    'error' in tls ||
    'error' in store ||
    errors.size > 0
  ) {
    throw new ConfigError([...errors])
  }
  return {
    ...toConfig(parsed.data),
    tokens: secrets.tokens,
    tokenFiles: secrets.files,
    database: database.address,
    inheritedSocket: socket.descriptor,
    tls: tls.tls,
    eventStore: store.store,
    warnings: [
      ...secrets.warnings,
      ...(store.store ? eventStoreWarnings(given) : rotationWarnings(parsed.data)),
      ...tlsWarnings(tls.tls, new Date()),
    ],
  }
}

/** Drops empty strings: Compose files and systemd units pass unset variables as empty strings. */
export function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
}

function toConfig(
  data: z.infer<typeof settings>,
): Omit<Config, 'tokens' | 'tokenFiles' | 'database' | 'inheritedSocket' | 'tls' | 'eventStore' | 'warnings'> {
  return {
    host: data.HOST,
    port: data.PORT,
    webhookPath: data.WEBHOOK_PATH,
    admin: data.ADMIN_PORT === undefined ? undefined : { host: data.ADMIN_HOST, port: data.ADMIN_PORT },
    shutdownDelay: data.SHUTDOWN_DELAY_SECONDS * 1000,
    logDir: data.LOG_DIR,
    fsync: data.LOG_FSYNC,
    logLevel: data.LOG_LEVEL,
    production: data.NODE_ENV === 'production',
    environment: environmentName(data),
    bodyLimit: data.BODY_LIMIT_BYTES,
    trustProxy: data.TRUST_PROXY,
    rotation: toRotation(data),
    redelivery: { ttlMs: data.DEDUPE_TTL_SECONDS * 1000, maxEvents: data.DEDUPE_MAX_EVENTS },
    repliesFile: data.REPLIES_FILE,
    botProjects: data.BOT_PROJECTS,
  }
}

function findConflicts({ PORT, ADMIN_PORT }: z.infer<typeof settings>): string[] {
  const isSame = ADMIN_PORT === PORT && PORT !== 0
  return isSame ? [`ADMIN_PORT: must not be the port of the webhook (PORT is ${PORT}, too).`] : []
}

/** The value of "environment" in the records. */
export function environmentName(given: { APP_ENV?: string | undefined; NODE_ENV?: string | undefined }): string {
  return given.APP_ENV ?? given.NODE_ENV ?? 'development'
}

/** Error messages never include the URL, valid or not, because it contains a password. */
function readDatabase(url: string | undefined): { address: DatabaseAddress | undefined } | { error: string } {
  try {
    return { address: url === undefined ? undefined : parseDatabaseUrl(url) }
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error
    return { error: `DATABASE_URL: ${error.message}` }
  }
}
