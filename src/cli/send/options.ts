import type { EventType } from '../../events/schemas.ts'
import { findEventType, unknownEvent } from '../event-names.ts'
import { UsageError } from '../failure.ts'
import { type Assignment, parseAssignment } from './payload.ts'
import { readTokenFile } from './token-file.ts'

const MAX_REPEAT = 100_000

export interface SendOptions {
  /** An event type whose documented example is sent, or a file that contains an event. */
  readonly source: { readonly event: EventType } | { readonly file: string }
  readonly assignments: readonly Assignment[]
  readonly url: URL | undefined
  readonly token: string | undefined
  /** Whether the event is sent unchanged, without updating its time. */
  readonly same: boolean
  readonly repeat: number
  /** The expected status. */
  readonly expect: number
}

/** The options as given on the command line. */
export interface RawOptions {
  readonly set?: readonly string[]
  readonly url?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly file?: string
  readonly same?: boolean
  readonly repeat: string
  readonly expect: string
}

/** Parses and validates the command line. @throws UsageError */
export function parseOptions(event: string | undefined, options: RawOptions): SendOptions {
  return {
    source: parseSource(event, options.file),
    assignments: (options.set ?? []).map(parseAssignment),
    url: options.url === undefined ? undefined : parseUrl(options.url),
    token: parseToken(options),
    same: options.same ?? false,
    repeat: parseNumber('--repeat', options.repeat, 1, MAX_REPEAT),
    expect: parseNumber('--expect', options.expect, 100, 599),
  }
}

function parseSource(name: string | undefined, file: string | undefined): SendOptions['source'] {
  if (file !== undefined && name !== undefined) {
    throw new UsageError(`Specify either an event type (${name}) or --file ${file}, not both.`)
  }
  if (file !== undefined) return { file }
  if (name === undefined) throw new UsageError(`Specify an event type or --file. ${unknownEvent('')}`)
  const event = findEventType(name)
  if (event) return { event }
  throw new UsageError(`${name} is not an event type. ${unknownEvent(name)}`)
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  // The part before an @ may be a password, so the message does not include it.
  if (url?.username || url?.password || text.includes('@')) {
    throw new UsageError('--url must not contain an @, a user or a password.')
  }
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(`--url must be a complete URL, such as https://bot.example.com/webhook (it is ${text}).`)
  }
  return url
}

/** Messages never include a token, valid or not. One on the command line may be wrong on purpose. */
function parseToken({ token, tokenFile }: Pick<RawOptions, 'token' | 'tokenFile'>): string | undefined {
  if (token !== undefined && tokenFile !== undefined) {
    throw new UsageError('Specify either --token or --token-file, not both.')
  }
  if (tokenFile !== undefined) return readTokenFile(tokenFile)
  if (token === undefined) return undefined
  if (/^[ -~]+$/.test(token)) return token
  throw new UsageError('--token is empty or contains characters that are not allowed in an HTTP header.')
}

function parseNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value
  throw new UsageError(`${name} must be an integer from ${min} to ${max} (it is ${text}).`)
}
