import type { z } from 'zod'
import { type DatabaseAddress, DatabaseUrlError, parseDatabaseUrl } from '../databases/database-url.ts'
import { ConfigError } from './config-error.ts'
import { describeMistake, settings } from './schema.ts'
import { type Environment, readTokens } from './tokens.ts'

export interface Config {
  /** The tokens that are accepted: the current one, and the previous one while rotating. */
  readonly tokens: readonly string[]
  readonly host: string
  readonly port: number
  readonly webhookPath: string
  readonly logDir: string
  readonly fsync: boolean
  readonly logLevel: string
  readonly production: boolean
  readonly environment: string
  readonly bodyLimit: number
  /** Addresses and CIDRs of proxies, or false. */
  readonly trustProxy: readonly string[] | false
  readonly redelivery: { readonly ttlMs: number; readonly maxEvents: number }
  /** A file with reply rules. */
  readonly repliesFile: string | undefined
  readonly botProjects: ReadonlyMap<string, string>
  /** The database that knows the projects of further bots. */
  readonly database: DatabaseAddress | undefined
  /** What is allowed but not wise. */
  readonly warnings: readonly string[]
}

/**
 * Reads and checks all settings.
 *
 * @param env names and texts; an empty text counts as not set
 * @throws ConfigError that lists every invalid setting and what it should be
 */
export function readConfig(env: Environment): Config {
  const given = withoutEmpty(env)
  const parsed = settings.safeParse(given)
  const mistakes = new Set(parsed.error?.issues.map(({ path: [name] }) => describeMistake(String(name), given)))
  const secrets = readTokens(given)
  for (const mistake of secrets.mistakes) mistakes.add(mistake)
  const database = readDatabase(given.DATABASE_URL)
  if ('mistake' in database) mistakes.add(database.mistake)
  if (!parsed.success || 'mistake' in database || mistakes.size > 0) throw new ConfigError([...mistakes])
  return {
    ...toConfig(parsed.data),
    tokens: secrets.tokens,
    database: database.address,
    warnings: secrets.warnings,
  }
}

/** An empty text counts as not set: compose files and units pass on what is not there as one. */
export function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
}

function toConfig(data: z.infer<typeof settings>): Omit<Config, 'tokens' | 'database' | 'warnings'> {
  return {
    host: data.HOST,
    port: data.PORT,
    webhookPath: data.WEBHOOK_PATH,
    logDir: data.LOG_DIR,
    fsync: data.LOG_FSYNC,
    logLevel: data.LOG_LEVEL,
    production: data.NODE_ENV === 'production',
    environment: environmentName(data),
    bodyLimit: data.BODY_LIMIT_BYTES,
    trustProxy: data.TRUST_PROXY,
    redelivery: { ttlMs: data.DEDUPE_TTL_SECONDS * 1000, maxEvents: data.DEDUPE_MAX_EVENTS },
    repliesFile: data.REPLIES_FILE,
    botProjects: data.BOT_PROJECTS,
  }
}

/** What goes into the records as "environment". */
export function environmentName(given: { APP_ENV?: string | undefined; NODE_ENV?: string | undefined }): string {
  return given.APP_ENV ?? given.NODE_ENV ?? 'development'
}

/** The URL holds a password, so it is never shown, not even a wrong one. */
function readDatabase(url: string | undefined): { address: DatabaseAddress | undefined } | { mistake: string } {
  try {
    return { address: url === undefined ? undefined : parseDatabaseUrl(url) }
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error
    return { mistake: `DATABASE_URL: ${error.message}` }
  }
}
