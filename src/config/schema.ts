/** The schema of the settings. */
import { isIP } from 'node:net'
import { z } from 'zod'
import { type Environment, TOKEN_SETTINGS } from './tokens.ts'

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max)

/** All settings except the tokens and the database URLs, whose values must not appear in messages. */
export const settings = z.object({
  HOST: z.string().default('0.0.0.0'),
  PORT: integer(0, 65_535).default(3000),
  WEBHOOK_PATH: z
    .string()
    .regex(/^\/[\w.~/-]*$/)
    .refine((path) => path !== '/healthz' && path !== '/readyz')
    .default('/webhook'),
  SHUTDOWN_DELAY_SECONDS: integer(0, 600).default(0),
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  ADMIN_HOST: z.string().default('127.0.0.1'),
  ADMIN_PORT: integer(0, 65_535).optional(),
  LOG_DIR: z.string().default('logs'),
  LOG_FSYNC: z.stringbool().default(true),
  LOG_ROTATE_BYTES: integer(65_536, 10 ** 12).optional(),
  LOG_ROTATE_DAILY: z.stringbool().default(false),
  LOG_ROTATE_GZIP: z.stringbool().default(false),
  LOG_KEEP_DAYS: integer(1, 36_500).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  NODE_ENV: z.string().optional(),
  APP_ENV: z.string().optional(),
  BODY_LIMIT_BYTES: integer(1, 2 ** 28).default(1_048_576),
  TRUST_PROXY: z
    .string()
    .transform((text) => (text.toLowerCase() === 'false' ? false : text.split(',').map((proxy) => proxy.trim())))
    .refine((proxies) => proxies === false || proxies.every(isAddressOrCidr))
    .default(false),
  DEDUPE_TTL_SECONDS: integer(0, 10 ** 9).default(86_400),
  DEDUPE_MAX_EVENTS: integer(0, 1_000_000).default(100_000),
  REPLIES_FILE: z.string().optional(),
  BOT_PROJECTS: z
    .string()
    .transform(parseJson)
    .pipe(z.record(z.string(), z.string()))
    .transform((names) => new Map(Object.entries(names)))
    .default(new Map()),
})

export type SettingName =
  | keyof typeof settings.shape
  | (typeof TOKEN_SETTINGS)[number]
  | 'DATABASE_URL'
  | 'EVENT_STORE_URL'

/** The names of all settings, in the order of `.env.example`. */
export const settingNames: readonly SettingName[] = [
  ...TOKEN_SETTINGS,
  ...(Object.keys(settings.shape) as (keyof typeof settings.shape)[]),
  'DATABASE_URL',
  'EVENT_STORE_URL',
]

const EXPECTED: Readonly<Record<string, string>> = {
  PORT: 'must be an integer from 0 to 65535',
  ADMIN_PORT: 'must be an integer from 0 to 65535',
  WEBHOOK_PATH: 'must start with / and contain only letters, digits and . _ ~ / -, and must not be /healthz or /readyz',
  SHUTDOWN_DELAY_SECONDS: 'must be an integer number of seconds from 0 to 600',
  LOG_FSYNC: 'must be true or false',
  LOG_ROTATE_BYTES: 'must be an integer number of bytes from 65536 to 1000000000000',
  LOG_ROTATE_DAILY: 'must be true or false',
  LOG_ROTATE_GZIP: 'must be true or false',
  LOG_KEEP_DAYS: 'must be an integer number of days from 1 to 36500',
  LOG_LEVEL: 'must be fatal, error, warn, info, debug, trace or silent',
  BODY_LIMIT_BYTES: 'must be an integer from 1 to 268435456',
  TRUST_PROXY: 'must be false, or a comma-separated list of proxy addresses or CIDRs, such as 127.0.0.1,10.0.0.0/8',
  DEDUPE_TTL_SECONDS: 'must be an integer number of seconds from 0 to 1000000000; 0 turns deduplication off',
  DEDUPE_MAX_EVENTS: 'must be an integer from 0 to 1000000; 0 turns deduplication off',
  BOT_PROJECTS: 'must be a JSON object that maps bot ids to project names, such as {"21":"Default Project"}',
}

/** @returns the valid values of a setting, and the invalid one that was given */
export function describeError(name: string, given: Environment): string {
  return `${name}: ${EXPECTED[name] ?? 'is invalid'} (it is ${JSON.stringify(given[name])}).`
}

/** Rejects a prefix length of 0, which would trust every client. */
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
