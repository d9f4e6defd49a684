import { hash, timingSafeEqual } from 'node:crypto'
import { headerValues } from '../http/raw-headers.ts'

export interface AcceptedTokens {
  readonly current: string
  readonly previous: string | undefined
}

/** The token that a request came with; or why it is rejected, for the service log, without the token. */
export type Authentication = { readonly token: keyof AcceptedTokens } | { readonly problem: string }

/**
 * Checks the bearer token of a request (RFC 6750, section 2.1).
 *
 * @param rawHeaders alternating names and values, as Node.js provides them
 */
export type BearerTokenCheck = (rawHeaders: readonly string[]) => Authentication

const CURRENT: Authentication = { token: 'current' }
const PREVIOUS: Authentication = { token: 'previous' }

/**
 * Creates a constant-time check.
 *
 * @param tokens the tokens that are accepted now: the same object until they change
 */
export function createBearerTokenCheck(tokens: () => AcceptedTokens): BearerTokenCheck {
  const accepted = digestsOf(tokens)
  return (rawHeaders) => {
    const [value, ...more] = headerValues(rawHeaders, 'authorization')
    if (value === undefined) return { problem: 'no Authorization header' }
    if (more.length > 0) return { problem: 'multiple Authorization headers' }
    const [scheme = '', ...rest] = value.split(' ')
    if (scheme.toLowerCase() !== 'bearer') return { problem: 'the scheme of the Authorization header is not Bearer' }
    const token = rest.join(' ').trim()
    if (token === '') return { problem: 'the token is empty' }
    const given = digest(token)
    const { current, previous } = accepted()
    // Compare both, so that the timing does not reveal which one matched.
    const isCurrent = timingSafeEqual(current, given)
    const isPrevious = previous !== undefined && timingSafeEqual(previous, given)
    if (isCurrent) return CURRENT
    if (isPrevious) return PREVIOUS
    return { problem: explainMismatch(token) }
  }
}

function explainMismatch(token: string): string {
  if (/^bearer /i.test(token)) return 'the word Bearer is repeated: enter only the token in DigiReply'
  if (isQuoted(token)) return 'the token is in quotes: enter it without them in DigiReply'
  return 'the token does not match'
}

/** Whether a token is in quotes, also in those that a word processor makes of them. */
function isQuoted(token: string): boolean {
  const text = Buffer.from(token, 'latin1').toString() // Node.js reads each byte of a header as a character
  return /^(["'`]).*\1$/.test(text) || /^[“”„‘’‚«»].*[“”‘’«»]$/.test(text)
}

/** Digests all have the same length, so that not even the length of a token is revealed. */
function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

/** Computes the digests once per change, not per request. */
function digestsOf(tokens: () => AcceptedTokens) {
  let known: AcceptedTokens | undefined
  let digests: { readonly current: Buffer; readonly previous: Buffer | undefined } | undefined
  return () => {
    const now = tokens()
    if (!digests || now !== known) {
      digests = {
        current: digest(now.current),
        previous: now.previous === undefined ? undefined : digest(now.previous),
      }
      known = now
    }
    return digests
  }
}
