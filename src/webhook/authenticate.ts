import { hash, timingSafeEqual } from 'node:crypto'
import { headerValues } from '../http/raw-headers.ts'

/**
 * Checks the bearer token of a request (RFC 6750, section 2.1).
 *
 * @param rawHeaders names and values in turn, as they came
 * @returns undefined if the token is accepted, else why not, for the service's log; never the token itself
 */
export type BearerTokenCheck = (rawHeaders: readonly string[]) => string | undefined

/** Prepares the check for the accepted tokens. Its time does not depend on how much of a token is right. */
export function createBearerTokenCheck(tokens: readonly string[]): BearerTokenCheck {
  const accepted = tokens.map(digest)
  return (rawHeaders) => {
    const [value, ...more] = headerValues(rawHeaders, 'authorization')
    if (value === undefined) return 'no Authorization header'
    if (more.length > 0) return 'several Authorization headers'
    const [scheme = '', ...rest] = value.split(' ')
    if (scheme.toLowerCase() !== 'bearer') return 'the Authorization header is not of the scheme Bearer'
    const token = rest.join(' ').trim()
    if (token === '') return 'the token is empty'
    const given = digest(token)
    // Every token is compared, so that the time does not tell which one was near.
    const matches = accepted.map((each) => timingSafeEqual(each, given))
    if (matches.includes(true)) return undefined
    if (/^bearer /i.test(token)) return 'the word Bearer is doubled: enter the token alone in DigiReply'
    return 'the token differs'
  }
}

/** Digests have one length, so not even the token's length shows. */
function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}
