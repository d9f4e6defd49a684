import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { z } from 'zod'

/** What `.env.example` holds in place of a token. */
export const SECRET_PLACEHOLDER = 'PASTE_YOUR_SECRET_KEY_HERE'
const SHORT_SECRET = 16

export type Environment = Readonly<Record<string, string | undefined>>

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
  readonly botProjects: ReadonlyMap<string, string>
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
  WEBHOOK_SECRET: z.string().optional(),
  WEBHOOK_SECRET_FILE: z.string().optional(),
  WEBHOOK_SECRET_PREVIOUS: z.string().optional(),
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
  DEDUPE_MAX_EVENTS: wholeNumber(0, 10_000_000).default(100_000),
  BOT_PROJECTS: z
    .string()
    .transform(parseJson)
    .pipe(z.record(z.string(), z.string()))
    .transform((names) => new Map(Object.entries(names)))
    .default(new Map()),
})

const EXPECTED: Readonly<Record<string, string>> = {
  PORT: 'must be a whole number from 0 to 65535',
  WEBHOOK_PATH: 'must begin with / and hold only letters, digits and . _ ~ / -; /healthz and /readyz are taken',
  LOG_FSYNC: 'must be true or false',
  LOG_LEVEL: 'must be fatal, error, warn, info, debug, trace or silent',
  BODY_LIMIT_BYTES: 'must be a whole number from 1 to 268435456',
  TRUST_PROXY:
    'must be false, or the addresses or CIDRs of your proxies, such as 127.0.0.1 or 10.0.0.0/8, separated by commas',
  DEDUPE_TTL_SECONDS: 'must be a whole number of seconds, up to 1000000000; 0 turns it off',
  DEDUPE_MAX_EVENTS: 'must be a whole number up to 10000000; 0 turns it off',
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
  const secret = readSecret(given)
  const previous = given.WEBHOOK_SECRET_PREVIOUS
  if ('mistake' in secret) mistakes.add(secret.mistake)
  const previousMistake = previous && whyUnusable('WEBHOOK_SECRET_PREVIOUS', previous)
  if (previousMistake) mistakes.add(previousMistake)
  if (!parsed.success || 'mistake' in secret || mistakes.size > 0) {
    throw new ConfigError(
      `The settings are wrong, so the service does not start:\n${[...mistakes].map((line) => `  ${line}`).join('\n')}\n` +
        'Mend them in the environment or in .env; .env.example explains each one.',
    )
  }
  const tokens = previous ? [secret.token, previous] : [secret.token]
  return {
    ...toConfig(parsed.data),
    tokens,
    warnings: tokens.filter((token) => token.length < SHORT_SECRET).map(warnShort),
  }
}

function toConfig(data: z.infer<typeof settings>): Omit<Config, 'tokens' | 'warnings'> {
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
    botProjects: data.BOT_PROJECTS,
  }
}

function describe(name: string, given: Environment): string {
  return `${name}: ${EXPECTED[name] ?? 'is wrong'} (it is ${JSON.stringify(given[name])}).`
}

function warnShort(): string {
  return `The webhook token has fewer than ${SHORT_SECRET} characters and may be guessed. Make a new one with: openssl rand -hex 32`
}

function readSecret(given: Environment): { token: string } | { mistake: string } {
  const { WEBHOOK_SECRET: direct, WEBHOOK_SECRET_FILE: file } = given
  if (direct !== undefined && file !== undefined) {
    return { mistake: 'WEBHOOK_SECRET and WEBHOOK_SECRET_FILE are both set. Keep one of them.' }
  }
  if (file === undefined) return checkSecret('WEBHOOK_SECRET', direct)
  try {
    return checkSecret('WEBHOOK_SECRET_FILE', readFileSync(file, 'utf8').replace(/\r?\n$/, ''))
  } catch (error) {
    return { mistake: `WEBHOOK_SECRET_FILE: cannot be read: ${error instanceof Error ? error.message : error}` }
  }
}

function checkSecret(name: string, token: string | undefined): { token: string } | { mistake: string } {
  if (!token) {
    return {
      mistake: `${name}: is not set. Make a token with: openssl rand -hex 32   and enter the same one in DigiReply.`,
    }
  }
  const mistake = whyUnusable(name, token)
  return mistake ? { mistake } : { token }
}

/** Tokens are never shown, not even wrong ones. */
function whyUnusable(name: string, token: string): string | undefined {
  if (token === SECRET_PLACEHOLDER) {
    return `${name}: is still the placeholder. Replace it with a token of your own: openssl rand -hex 32`
  }
  if (/^bearer /i.test(token)) return `${name}: begins with "Bearer ". Enter the token alone, without that word.`
  if (!/^[!-~](?:[ -~]*[!-~])?$/.test(token)) {
    return `${name}: holds characters that an HTTP header cannot carry, or a blank at an end. Use letters and digits.`
  }
  return undefined
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
