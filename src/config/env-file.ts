import { parse } from 'dotenv'
import { readContentSync } from '../lib/file-content.ts'
import { nearestName } from '../lib/nearest-name.ts'
import { ConfigError } from './config-error.ts'
import { settingsFileLimits } from './limits.ts'
import { settingNames } from './schema.ts'

export const ENV_FILE = '.env'

/** A value that is not in closed quotes, and whose first # does not stand behind a blank: `NAME=abc#def`. */
const UNQUOTED_HASH =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=|:\s)[ \t]*(?!(?:'[^'\n]*'|"[^"\n]*"|`[^`\n]*`)[ \t]*(?:#|\r?$))(?=[^#\s])[^#\n]*[^#\s]#/gm

export interface EnvFile {
  readonly exists: boolean
  readonly values: Readonly<Record<string, string>>
  readonly mistakes: readonly string[]
  /** What is allowed but probably not meant. */
  readonly warnings: readonly string[]
}

/**
 * Reads the `.env` of the working directory.
 *
 * @throws ConfigError if it cannot be read: what it sets is unknown then, so there is no telling what else is wrong
 */
export function readEnvFile(): EnvFile {
  const content = readContentSync(ENV_FILE, settingsFileLimits.maxBytes)
  if ('bytes' in content) {
    const text = content.bytes.toString()
    const values = parse(text)
    return { exists: true, values, mistakes: findCutValues(text), warnings: Object.keys(values).flatMap(warnOfName) }
  }
  if (content.isMissing) return { exists: false, values: {}, mistakes: [], warnings: [] }
  throw new ConfigError([`${content.unreadable} Make it a file that uid ${process.getuid?.()} can read, or remove it.`])
}

/** A token cut at its # would be a shorter token, which lets strangers in. */
function findCutValues(text: string): string[] {
  const names = [...text.matchAll(UNQUOTED_HASH)].map(([, name]) => name)
  return names.map(
    (name) =>
      `${name} in ${ENV_FILE}: its value holds a #, which begins a comment there. Put the value in 'single quotes'.`,
  )
}

function warnOfName(name: string): string[] {
  const names: readonly string[] = settingNames
  const nearest = names.includes(name) ? undefined : nearestName(name, names)
  return nearest ? [`${name} in ${ENV_FILE} is not a known setting and was ignored. Did you mean ${nearest}?`] : []
}
