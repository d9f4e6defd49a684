import { readFileSync } from 'node:fs'
import { parse, populate } from 'dotenv'
import { errorCode } from '../lib/error-code.ts'
import { nearestName } from '../lib/nearest-name.ts'
import { ConfigError, settingNames } from './config.ts'

export const ENV_FILE = '.env'

/** A value that is not in closed quotes, and whose first # does not stand behind a blank: `NAME=abc#def`. */
const UNQUOTED_HASH =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=|:\s)[ \t]*(?!(?:'[^'\n]*'|"[^"\n]*"|`[^`\n]*`)[ \t]*(?:#|\r?$))(?=[^#\s])[^#\n]*[^#\s]#/m

export interface EnvFile {
  readonly exists: boolean
  /** What is allowed but probably not meant. */
  readonly warnings: readonly string[]
}

/**
 * Takes settings from the `.env` of the working folder. What the environment has already stays.
 *
 * @param env is added to
 * @throws ConfigError if it cannot be read, or holds a value that would be cut
 */
export function loadEnvFile(env: NodeJS.ProcessEnv): EnvFile {
  const text = readEnvFile()
  if (text === undefined) return { exists: false, warnings: [] }
  const cut = findCutValue(text)
  if (cut) {
    throw new ConfigError(
      `${cut} in ${ENV_FILE}: its value holds a #, which begins a comment there. Put the value in 'single quotes'.`,
    )
  }
  const settings = parse(text)
  populate(env as Record<string, string>, settings)
  return { exists: true, warnings: Object.keys(settings).flatMap(warnOfName) }
}

function readEnvFile(): string | undefined {
  try {
    return readFileSync(ENV_FILE, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw new ConfigError(`${ENV_FILE} cannot be read: ${explain(error)}`, { cause: error })
  }
}

/** A token cut at its # would be a shorter token, which lets strangers in. @returns the name of such a setting */
function findCutValue(text: string): string | undefined {
  return text.match(UNQUOTED_HASH)?.[1]
}

function warnOfName(name: string): string[] {
  const nearest = settingNames.includes(name) ? undefined : nearestName(name, settingNames)
  return nearest ? [`${name} in ${ENV_FILE} is no setting, and is ignored. Did you mean ${nearest}?`] : []
}

function explain(error: unknown): string {
  switch (errorCode(error)) {
    case 'EACCES':
      return `it belongs to another user. Mend it with: sudo chown $(id -u) ${ENV_FILE}`
    case 'EISDIR':
      return `it is a folder. Remove it, and copy .env.example to ${ENV_FILE}.`
    default:
      return error instanceof Error ? error.message : String(error)
  }
}
