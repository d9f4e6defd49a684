import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import type { GivenSettings } from '../config/settings.ts'
import { RepliesFileError } from '../replies/replies-file.ts'
import { readRepliesFile } from './read-replies-file.ts'

export interface StartupSettings {
  readonly config: Config
  /** Settings and reply rules that are valid but probably unintended. */
  readonly warnings: readonly string[]
}

/**
 * Validates everything that startup depends on: the settings and the files that they name.
 *
 * @throws ConfigError that lists every error in one message
 */
export async function checkStartupSettings(given: GivenSettings): Promise<StartupSettings> {
  const errors: string[] = []
  const warnings = [...given.warnings]
  let config: Config | undefined
  try {
    config = given.check()
    warnings.push(...config.warnings)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    errors.push(...error.errors)
  }
  try {
    warnings.push(...(await checkRules(given.values.REPLIES_FILE)))
  } catch (error) {
    if (!(error instanceof RepliesFileError)) throw error
    errors.push(...error.errors.map((error) => `REPLIES_FILE: ${error}`))
  }
  if (!config || errors.length > 0) throw new ConfigError(errors)
  return { config, warnings }
}

/** @returns warnings */
async function checkRules(file: string | undefined): Promise<readonly string[]> {
  if (file === undefined) return []
  return (await readRepliesFile(file)).warnings
}
