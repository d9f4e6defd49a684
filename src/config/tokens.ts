import { type FileContent, isFromPipe, readContentSync } from '../lib/file-content.ts'
import { explainContent, mayBeSecret } from './file-setting.ts'
import { settingsFileLimits } from './limits.ts'
import { checkToken, HOW_TO_SET, readTokenFile, warnIfShort } from './token.ts'

/** The settings that configure tokens. */
export const TOKEN_SETTINGS = [
  'WEBHOOK_SECRET',
  'WEBHOOK_SECRET_FILE',
  'WEBHOOK_SECRET_PREVIOUS',
  'WEBHOOK_SECRET_PREVIOUS_FILE',
] as const

export type Environment = Readonly<Record<string, string | undefined>>

/** The accepted tokens. */
export interface Tokens {
  readonly current: string
  /** A second one while DigiReply is changed to a new one. */
  readonly previous: string | undefined
}

/** A file that contains a token. */
export interface TokenFile {
  readonly token: keyof Tokens
  /** The name of the setting that names the file. */
  readonly setting: string
  readonly path: string
  readonly content: FileContent
}

interface ConfiguredTokens {
  /** Undefined if the current token cannot be used. */
  readonly tokens: Tokens | undefined
  /** The files to watch. */
  readonly files: readonly TokenFile[]
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

/** Reads the webhook's tokens from the settings. */
export function readTokens(given: Environment): ConfiguredTokens {
  const current = readSecret('current', given)
  const previous = readSecret('previous', given)
  return {
    tokens: current.token === undefined ? undefined : { current: current.token, previous: previous.token },
    files: [current, previous].flatMap(({ file }) => (file && !isFromPipe(file.content) ? file : [])),
    errors: [current, previous].flatMap(({ error }) => error ?? []),
    warnings: [current, previous].flatMap(({ token }) => (token && warnIfShort(token)) ?? []),
  }
}

interface Secret {
  readonly token?: string
  readonly error?: string
  readonly file?: TokenFile
}

/** Reads a token from a setting, or from the file that the setting `…_FILE` names. */
function readSecret(token: keyof Tokens, given: Environment): Secret {
  const setting = token === 'current' ? 'WEBHOOK_SECRET' : 'WEBHOOK_SECRET_PREVIOUS'
  const fileSetting = `${setting}_FILE` as const
  const { [setting]: direct, [fileSetting]: path } = given
  if (direct !== undefined && path !== undefined) {
    return { error: `${setting} and ${fileSetting} are both set, perhaps one of them in .env. Remove one of them.` }
  }
  if (path !== undefined) {
    const error = explainContent(fileSetting, path)
    if (error) return { error }
    const content = readContentSync(path, settingsFileLimits.maxBytes)
    if ('isMissing' in content && content.isMissing && mayBeSecret(path)) {
      return {
        error: `${fileSetting}: there is no such file. Is the value the token itself? That belongs in ${setting}.`,
      }
    }
    return { ...readTokenFile(fileSetting, content), file: { token, setting: fileSetting, path, content } }
  }
  if (direct !== undefined) return checkToken(setting, direct)
  return token === 'current' ? { error: `${setting}: is not set. ${HOW_TO_SET}` } : {}
}
