import { isIP } from 'node:net'
import { z } from 'zod'
import { type DatabaseAddress, DatabaseUrlError, parseDatabaseUrl } from '../databases/database-url.ts'
import { type Environment, readTokens, TOKEN_SETTINGS } from './tokens.ts'

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

/** The settings are wrong. The message lists every mistake; it is written for the operator. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max)

const settings = z.object({
  HOST: z.string().default('0.0.0.0'),
  PORT: wholeNumber(0, 65_535).default(3000),
  WEBHOOK_PATH: z
    .string()
    .regex(/^\/[\w.~/-]*$/)
    .refine((path) => path !== '/healthz' && path !== '/readyz')
    .default('/webhook'),
  LOG_DIR: z.string().default('logs'),
  LOG_FSYNC: z.stringbool().default(true),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  NODE_ENV: z.string().optional(),
  APP_ENV: z.string().optional(),
  BODY_LIMIT_BYTES: wholeNumber(1, 2 ** 28).default(1_048_576),
  TRUST_PROXY: z
    .string()
    .transform((text) => (text.toLowerCase() === 'false' ? false : text.split(',').map((proxy) => proxy.trim())))
    .refine((proxies) => proxies === false || proxies.every(isAddressOrCidr))
    .default(false),
  DEDUPE_TTL_SECONDS: wholeNumber(0, 10 ** 9).default(86_400),
  DEDUPE_MAX_EVENTS: wholeNumber(0, 1_000_000).default(100_000),
  REPLIES_FILE: z.string().optional(),
  BOT_PROJECTS: z
    .string()
    .transform(parseJson)
    .pipe(z.record(z.string(), z.string()))
    .transform((names) => new Map(Object.entries(names)))
    .default(new Map()),
})

/** The names of all settings. */
export const settingNames: readonly string[] = [...Object.keys(settings.shape), ...TOKEN_SETTINGS, 'DATABASE_URL']

const EXPECTED: Readonly<Record<string, string>> = {
  PORT: 'must be a whole number from 0 to 65535',
  WEBHOOK_PATH: 'must begin with / and hold only letters, digits and . _ ~ / -; /healthz and /readyz are taken',
  LOG_FSYNC: 'must be true or false',
  LOG_LEVEL: 'must be fatal, error, warn, info, debug, trace or silent',
  BODY_LIMIT_BYTES: 'must be a whole number from 1 to 268435456',
  TRUST_PROXY:
    'must be false, or the addresses or CIDRs of your proxies, such as 127.0.0.1 or 10.0.0.0/8, separated by commas',
  DEDUPE_TTL_SECONDS: 'must be a whole number of seconds, up to 1000000000; 0 turns it off',
  DEDUPE_MAX_EVENTS: 'must be a whole number up to 1000000; 0 turns it off',
  BOT_PROJECTS: 'must be a JSON object from bot id to project name, such as {"21":"Default Project"}',
}

/**
 * Reads and checks all settings.
 *
 * @param env names and texts; an empty text counts as not set
 * @throws ConfigError that lists every wrong setting and what it should be
 */
export function readConfig(env: Environment): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = settings.safeParse(given)
  const mistakes = new Set(parsed.error?.issues.map(({ path: [name] }) => describe(String(name), given)))
  const secrets = readTokens(given)
  for (const mistake of secrets.mistakes) mistakes.add(mistake)
  const database = readDatabase(given.DATABASE_URL)
  if ('mistake' in database) mistakes.add(database.mistake)
  if (!parsed.success || 'mistake' in database || mistakes.size > 0) {
    throw new ConfigError(
      `The settings are wrong, so the service does not start:\n${[...mistakes].map((line) => `  ${line}`).join('\n')}\n` +
        'Mend them in the environment or in .env; .env.example explains each one.',
    )
  }
  return {
    ...toConfig(parsed.data),
    tokens: secrets.tokens,
    database: database.address,
    warnings: secrets.warnings,
  }
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
    environment: data.APP_ENV ?? data.NODE_ENV ?? 'development',
    bodyLimit: data.BODY_LIMIT_BYTES,
    trustProxy: data.TRUST_PROXY,
    redelivery: { ttlMs: data.DEDUPE_TTL_SECONDS * 1000, maxEvents: data.DEDUPE_MAX_EVENTS },
    repliesFile: data.REPLIES_FILE,
    botProjects: data.BOT_PROJECTS,
  }
}

function describe(name: string, given: Environment): string {
  return `${name}: ${EXPECTED[name] ?? 'is wrong'} (it is ${JSON.stringify(given[name])}).`
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

/** A prefix of 0 would trust everybody. */
function isAddressOrCidr(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  if (prefix === undefined) return true
  return /^\d{1,3}$/.test(prefix) && Number(prefix) > 0 && Number(prefix) <= (family === 4 ? 32 : 128)
}

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue('is not JSON')
    return z.NEVER
  }
}
