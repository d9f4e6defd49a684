/** What a token may be. No message ever includes one, valid or not. */
import type { FileContent } from '../lib/file-content.ts'

/** The placeholder for the token in `.env.example`. */
export const SECRET_PLACEHOLDER = 'PASTE_YOUR_SECRET_KEY_HERE'
const MIN_SAFE_LENGTH = 16
const GENERATE_COMMAND = 'openssl rand -hex 32'
export const HOW_TO_SET = `Generate a token with: ${GENERATE_COMMAND}   Then enter the same token in DigiReply.`
const HOW_TO_END =
  'To accept no previous token, copy the current one into the file, or remove this setting and restart.'

/** A token, or why it cannot be used, as a sentence for the operator. */
export type TokenReading =
  | { readonly token: string; readonly error?: never }
  | { readonly token?: never; readonly error: string }

/** @param setting the name of the setting that contains the token, for messages */
export function checkToken(setting: string, token: string): TokenReading {
  if (token === SECRET_PLACEHOLDER) {
    return { error: `${setting}: is still the placeholder. Generate a token with: ${GENERATE_COMMAND}` }
  }
  if (/^bearer /i.test(token)) {
    return { error: `${setting}: starts with "Bearer ". Enter only the token, without that word.` }
  }
  if (!/^[!-~](?:[ -~]*[!-~])?$/.test(token)) {
    const error =
      `${setting}: contains characters that are not allowed in an HTTP header, or starts or ends with a space. ` +
      'Use only letters and digits.'
    return { error }
  }
  return { token }
}

/**
 * Reads the token in a file. A line feed at the end is not part of it.
 *
 * @param setting the name of the setting that names the file, for messages
 */
export function readTokenFile(setting: string, content: FileContent): TokenReading {
  const isPrevious = setting === 'WEBHOOK_SECRET_PREVIOUS_FILE'
  if ('unreadable' in content) {
    const hint = content.isMissing && isPrevious ? ` ${HOW_TO_END}` : ''
    return { error: `${setting}: ${content.unreadable}${hint}` }
  }
  const text = content.bytes.toString()
  if (text.trim() === '') return { error: `${setting}: the file is empty. ${isPrevious ? HOW_TO_END : HOW_TO_SET}` }
  const line = text.replace(/\r?\n$/, '')
  if (/[\r\n]/.test(line)) {
    return { error: `${setting}: the file has more than one line. Put only the token in it.` }
  }
  return checkToken(setting, line)
}

/** @returns a warning if a token can be guessed */
export function warnIfShort(token: string): string | undefined {
  if (token.length >= MIN_SAFE_LENGTH) return undefined
  return (
    `A webhook token has fewer than ${MIN_SAFE_LENGTH} characters and can be guessed. ` +
    `Generate a new one with: ${GENERATE_COMMAND}`
  )
}
