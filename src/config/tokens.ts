import { readContentSync } from '../lib/file-content.ts'
import { settingsFileLimits } from './limits.ts'

/** What `.env.example` holds in place of a token. */
export const SECRET_PLACEHOLDER = 'PASTE_YOUR_SECRET_KEY_HERE'
const SHORT_SECRET = 16
const MAKE_ONE = 'openssl rand -hex 32'

/** The settings that hold tokens. */
export const TOKEN_SETTINGS = ['WEBHOOK_SECRET', 'WEBHOOK_SECRET_FILE', 'WEBHOOK_SECRET_PREVIOUS'] as const

export type Environment = Readonly<Record<string, string | undefined>>

interface Tokens {
  /** The tokens that are accepted: the current one, and the previous one while rotating. */
  readonly tokens: readonly string[]
  readonly mistakes: readonly string[]
  readonly warnings: readonly string[]
}

/** Reads the webhook's tokens from the settings. No message ever shows one, not even a wrong one. */
export function readTokens(given: Environment): Tokens {
  const mistakes: string[] = []
  const tokens = [readSecret(given, mistakes), given.WEBHOOK_SECRET_PREVIOUS].filter((token) => token !== undefined)
  const previousMistake = whyUnusable('WEBHOOK_SECRET_PREVIOUS', given.WEBHOOK_SECRET_PREVIOUS)
  if (previousMistake) mistakes.push(previousMistake)
  const short = tokens.filter((token) => token.length < SHORT_SECRET)
  const warning = `A webhook token has fewer than ${SHORT_SECRET} characters and may be guessed. Make a new one with: ${MAKE_ONE}`
  return { tokens, mistakes, warnings: short.map(() => warning) }
}

function readSecret(given: Environment, mistakes: string[]): string | undefined {
  const { WEBHOOK_SECRET: direct, WEBHOOK_SECRET_FILE: file } = given
  if (direct !== undefined && file !== undefined) {
    mistakes.push('WEBHOOK_SECRET and WEBHOOK_SECRET_FILE are both set, perhaps one of them in .env. Keep one of them.')
    return undefined
  }
  const name = file === undefined ? 'WEBHOOK_SECRET' : 'WEBHOOK_SECRET_FILE'
  let token = direct
  if (file !== undefined) {
    const content = readContentSync(file, settingsFileLimits.maxBytes)
    if ('unreadable' in content) {
      mistakes.push(`${name}: ${content.unreadable}`)
      return undefined
    }
    token = content.bytes.toString().replace(/\r?\n$/, '')
  }
  const mistake = token
    ? whyUnusable(name, token)
    : `${name}: is not set. Make a token with: ${MAKE_ONE}   and enter the same one in DigiReply.`
  if (mistake) mistakes.push(mistake)
  return token
}

function whyUnusable(name: string, token: string | undefined): string | undefined {
  if (token === undefined) return undefined
  if (token === SECRET_PLACEHOLDER) {
    return `${name}: is still the placeholder. Replace it with a token of your own: ${MAKE_ONE}`
  }
  if (/^bearer /i.test(token)) return `${name}: begins with "Bearer ". Enter the token alone, without that word.`
  if (!/^[!-~](?:[ -~]*[!-~])?$/.test(token)) {
    return `${name}: holds characters that an HTTP header cannot carry, or a blank at an end. Use letters and digits.`
  }
  return undefined
}
