import { readContentSync } from '../lib/file-content.ts'
import { settingsFileLimits } from './limits.ts'
import { checkToken, HOW_TO_SET, readTokenFile, type TokenReading, warnIfShort } from './token.ts'

/** The settings that configure tokens. */
export const TOKEN_SETTINGS = [
  'WEBHOOK_SECRET',
  'WEBHOOK_SECRET_FILE',
  'WEBHOOK_SECRET_PREVIOUS',
  'WEBHOOK_SECRET_PREVIOUS_FILE',
] as const

export type Environment = Readonly<Record<string, string | undefined>>

interface ConfiguredTokens {
  /** The accepted tokens: the current one and, during a rotation, the previous one. */
  readonly tokens: readonly string[]
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

/** Reads the webhook's tokens from the settings. */
export function readTokens(given: Environment): ConfiguredTokens {
  const current = readSecret('WEBHOOK_SECRET', given) ?? { error: `WEBHOOK_SECRET: is not set. ${HOW_TO_SET}` }
  const previous = readSecret('WEBHOOK_SECRET_PREVIOUS', given)
  const readings = previous ? [current, previous] : [current]
  const tokens = readings.flatMap((reading) => ('token' in reading ? [reading.token] : []))
  return {
    tokens,
    errors: readings.flatMap((reading) => ('error' in reading ? [reading.error] : [])),
    warnings: tokens.flatMap((token) => warnIfShort(token) ?? []),
  }
}

/** @returns the token in a setting, or in the file that the setting `…_FILE` names; undefined if neither is set */
function readSecret(name: 'WEBHOOK_SECRET' | 'WEBHOOK_SECRET_PREVIOUS', given: Environment): TokenReading | undefined {
  const fileSetting = `${name}_FILE` as const
  const { [name]: direct, [fileSetting]: file } = given
  if (direct !== undefined && file !== undefined) {
    return { error: `${name} and ${fileSetting} are both set, perhaps one of them in .env. Remove one of them.` }
  }
  if (file !== undefined) return readTokenFile(fileSetting, readContentSync(file, settingsFileLimits.maxBytes))
  return direct === undefined ? undefined : checkToken(name, direct)
}
