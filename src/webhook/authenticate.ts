import { hash, timingSafeEqual } from 'node:crypto'
import { headerValues } from '../http/raw-headers.ts'

/**
 * Checks the bearer token of a request (RFC 6750, section 2.1).
 *
 * @param rawHeaders alternating names and values, as Node.js provides them
 * @returns undefined if the token is accepted, otherwise the reason for the service log, which never contains the token
 */
export type BearerTokenCheck = (rawHeaders: readonly string[]) => string | undefined

/** Creates a constant-time check for the accepted tokens. */
export function createBearerTokenCheck(tokens: readonly string[]): BearerTokenCheck {
  const accepted = tokens.map(digest)
  return (rawHeaders) => {
    const [value, ...more] = headerValues(rawHeaders, 'authorization')
    if (value === undefined) return 'no Authorization header'
    if (more.length > 0) return 'multiple Authorization headers'
    const [scheme = '', ...rest] = value.split(' ')
    if (scheme.toLowerCase() !== 'bearer') return 'the scheme of the Authorization header is not Bearer'
    const token = rest.join(' ').trim()
    if (token === '') return 'the token is empty'
    const given = digest(token)
    // Compare every token, so that the timing does not reveal which one matched.
    const matches = accepted.map((each) => timingSafeEqual(each, given))
    if (matches.includes(true)) return undefined
    if (/^bearer /i.test(token)) return 'the word Bearer is repeated: enter only the token in DigiReply'
    if (isQuoted(token)) return 'the token is in quotes: enter it without them in DigiReply'
    return 'the token does not match'
  }
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
