import { createHash, timingSafeEqual } from 'node:crypto'
import { headerValues } from './raw-headers.ts'

/**
 * Checks a request's bearer token (RFC 6750, section 2.1) in a time that does not depend on the token.
 *
 * @param tokens the tokens that are accepted
 * @param rawHeaders names and values in turn, as they came
 * @returns undefined if the token is right, else why not: a text without the token, for the service's log
 */
export function whyUnauthorized(tokens: readonly string[], rawHeaders: readonly string[]): string | undefined {
  const [value, ...more] = headerValues(rawHeaders, 'authorization')
  if (value === undefined) return 'no Authorization header'
  if (more.length > 0) return 'several Authorization headers'
  const [scheme = '', ...rest] = value.split(' ')
  if (scheme.toLowerCase() !== 'bearer') return 'the Authorization header is not of the scheme Bearer'
  const token = rest.join(' ').trim()
  if (token === '') return 'the token is empty'
  // Every token is compared, so that the time does not tell which one was near.
  const matches = tokens.map((accepted) => equalInConstantTime(accepted, token))
  if (matches.includes(true)) return undefined
  if (/^bearer /i.test(token)) return 'the word Bearer is doubled: enter the token alone in DigiReply'
  return 'the token differs'
}

function equalInConstantTime(accepted: string, given: string): boolean {
  return timingSafeEqual(digest(accepted), digest(given))
}

/** Digests have one length, so not even the token's length shows. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
