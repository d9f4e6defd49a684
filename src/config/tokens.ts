import { readContentSync } from '../lib/file-content.ts'
import { settingsFileLimits } from './limits.ts'

/** The placeholder for the token in `.env.example`. */
export const SECRET_PLACEHOLDER = 'PASTE_YOUR_SECRET_KEY_HERE'
const MIN_SAFE_LENGTH = 16
const GENERATE_COMMAND = 'openssl rand -hex 32'
const HOW_TO_SET = `Generate a token with: ${GENERATE_COMMAND}   Then enter the same token in DigiReply.`

/** The settings that configure tokens. */
export const TOKEN_SETTINGS = ['WEBHOOK_SECRET', 'WEBHOOK_SECRET_FILE', 'WEBHOOK_SECRET_PREVIOUS'] as const

export type Environment = Readonly<Record<string, string | undefined>>

interface Tokens {
  /** The accepted tokens: the current one and, during a rotation, the previous one. */
  readonly tokens: readonly string[]
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

/** Reads the webhook's tokens from the settings. No message ever includes one, valid or not. */
export function readTokens(given: Environment): Tokens {
  const errors: string[] = []
  const tokens = [readSecret(given, errors), given.WEBHOOK_SECRET_PREVIOUS].filter((token) => token !== undefined)
  const previousError = findTokenError('WEBHOOK_SECRET_PREVIOUS', given.WEBHOOK_SECRET_PREVIOUS)
  if (previousError) errors.push(previousError)
  const short = tokens.filter((token) => token.length < MIN_SAFE_LENGTH)
  const warning =
    `A webhook token has fewer than ${MIN_SAFE_LENGTH} characters and can be guessed. ` +
    `Generate a new one with: ${GENERATE_COMMAND}`
  return { tokens, errors, warnings: short.map(() => warning) }
}

function readSecret(given: Environment, errors: string[]): string | undefined {
  const { WEBHOOK_SECRET: direct, WEBHOOK_SECRET_FILE: file } = given
  if (direct !== undefined && file !== undefined) {
    errors.push('WEBHOOK_SECRET and WEBHOOK_SECRET_FILE are both set, perhaps one of them in .env. Remove one of them.')
    return undefined
  }
  const name = file === undefined ? 'WEBHOOK_SECRET' : 'WEBHOOK_SECRET_FILE'
  let token = direct
  if (file !== undefined) {
    const content = readContentSync(file, settingsFileLimits.maxBytes)
    if ('unreadable' in content) {
      errors.push(`${name}: ${content.unreadable}`)
      return undefined
    }
    token = content.bytes.toString().replace(/\r?\n$/, '')
  }
  const error = token
    ? findTokenError(name, token)
    : `${name}: ${file === undefined ? 'is not set' : 'the file is empty'}. ${HOW_TO_SET}`
  if (error) errors.push(error)
  return token
}

function findTokenError(name: string, token: string | undefined): string | undefined {
  if (token === undefined) return undefined
  if (token === SECRET_PLACEHOLDER) {
    return `${name}: is still the placeholder. Generate a token with: ${GENERATE_COMMAND}`
  }
  if (/^bearer /i.test(token)) return `${name}: starts with "Bearer ". Enter only the token, without that word.`
  if (!/^[!-~](?:[ -~]*[!-~])?$/.test(token)) {
    return (
      `${name}: contains characters that are not allowed in an HTTP header, or starts or ends with a space. ` +
      'Use only letters and digits.'
    )
  }
  return undefined
}
