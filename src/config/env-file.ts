import { parse } from 'dotenv'
import { readContentSync } from '../lib/file-content.ts'
import { ConfigError } from './config-error.ts'
import { settingsFileLimits } from './limits.ts'
import { misspelledIn } from './misspelled-names.ts'

export const ENV_FILE = '.env'

/** An unquoted value with a # that does not follow a space, such as `NAME=abc#def`: dotenv cuts it off there. */
const UNQUOTED_HASH =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=|:\s)[ \t]*(?!(?:'[^'\n]*'|"[^"\n]*"|`[^`\n]*`)[ \t]*(?:#|\r?$))(?=[^#\s])[^#\n]*[^#\s]#/gm

export interface EnvFile {
  readonly exists: boolean
  readonly values: Readonly<Record<string, string>>
  readonly errors: readonly string[]
  /** Entries that are valid but probably unintended. */
  readonly warnings: readonly string[]
}

/**
 * Reads `.env` in the working directory.
 *
 * @throws ConfigError if it exists but cannot be read. The other settings are not checked then, since it may set them
 */
export function readEnvFile(): EnvFile {
  const content = readContentSync(ENV_FILE, settingsFileLimits.maxBytes)
  if ('bytes' in content) {
    const text = content.bytes.toString()
    const values = parse(text)
    return {
      exists: true,
      values,
      errors: findTruncatedValues(text),
      warnings: misspelledIn(ENV_FILE, Object.keys(values)),
    }
  }
  if (content.isMissing) return { exists: false, values: {}, errors: [], warnings: [] }
  throw new ConfigError([
    `${content.unreadable} Make it a regular file that uid ${process.getuid?.()} can read, or remove it.`,
  ])
}

/** A token that was cut off at its # would be easier to guess. */
function findTruncatedValues(text: string): string[] {
  const names = [...text.matchAll(UNQUOTED_HASH)].map(([, name]) => name)
  return names.map(
    (name) =>
      `${name} in ${ENV_FILE}: the value contains a #, which starts a comment. Put the value in 'single quotes'.`,
  )
}
