import { parseArgs } from 'node:util'
import { type EventType, eventTypes } from '../../events/schemas.ts'
import { nearestName } from '../../lib/nearest-name.ts'
import { UsageError } from '../usage-error.ts'
import { type Assignment, parseAssignment } from './payload.ts'

const MAX_REPEAT = 100_000

export interface SendOptions {
  /** An event of the table, or a file that holds one. */
  readonly source: { readonly event: EventType } | { readonly file: string }
  readonly assignments: readonly Assignment[]
  readonly url: URL | undefined
  readonly token: string | undefined
  /** Whether the event goes out as it stands, without a fresh time. */
  readonly same: boolean
  readonly repeat: number
  /** The status that is the right answer. */
  readonly expect: number
}

const OPTIONS = {
  set: { type: 'string', multiple: true },
  url: { type: 'string' },
  token: { type: 'string' },
  file: { type: 'string' },
  same: { type: 'boolean' },
  repeat: { type: 'string' },
  expect: { type: 'string' },
  list: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/**
 * Reads the command line.
 *
 * @throws UsageError that says what is wrong with it
 */
export function parseOptions(args: string[]): 'help' | 'list' | SendOptions {
  const { values, positionals } = parse(args)
  if (values.help) return 'help'
  if (values.list) return 'list'
  return {
    source: parseSource(positionals, values.file),
    assignments: (values.set ?? []).map(parseAssignment),
    url: values.url === undefined ? undefined : parseUrl(values.url),
    token: values.token === undefined ? undefined : checkToken(values.token),
    same: values.same ?? false,
    repeat: parseNumber('--repeat', values.repeat ?? '1', 1, MAX_REPEAT),
    expect: parseNumber('--expect', values.expect ?? '200', 100, 599),
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const unknown = /^Unknown option '--([^']*)'/.exec(message)?.[1]
    if (unknown === undefined) throw new UsageError(message)
    throw new UsageError(`There is no option --${unknown}.${suggest(unknown, Object.keys(OPTIONS), '--')}`)
  }
}

function parseSource(positionals: readonly string[], file: string | undefined): SendOptions['source'] {
  const [name, ...more] = positionals
  if (more.length > 0) {
    throw new UsageError(`One event at a time: ${positionals.join(' ')} is more. A value with blanks needs quotes.`)
  }
  if (file !== undefined && name !== undefined) {
    throw new UsageError(`Give either an event (${name}) or --file ${file}, not both.`)
  }
  if (file !== undefined) return { file }
  if (name === undefined) throw new UsageError(`Which event? One of: ${eventTypes.join(', ')}`)
  const event = eventTypes.find((type) => type === name)
  if (event) return { event }
  throw new UsageError(`There is no event ${name}.${suggest(name, eventTypes)} The events: ${eventTypes.join(', ')}`)
}

function suggest(word: string, names: readonly string[], prefix = ''): string {
  const nearest =
    nearestName(word, names) ??
    names.find((name) => word !== '' && name.includes(word)) ??
    names.find((name) => nearestName(word, [name.slice(0, word.length)]))
  return nearest ? ` Did you mean ${prefix}${nearest}?` : ''
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(`--url must be the whole address, such as https://bot.example.com/webhook (it is ${text}).`)
  }
  if (url.username || url.password) throw new UsageError('--url must not hold a user or a password.')
  return url
}

/** Tokens are never shown, not even wrong ones. */
function checkToken(token: string): string {
  if (/^[ -~]+$/.test(token)) return token
  throw new UsageError('--token is empty, or holds characters that an HTTP header cannot carry.')
}

function parseNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value
  throw new UsageError(`${name} must be a whole number from ${min} to ${max} (it is ${text}).`)
}
