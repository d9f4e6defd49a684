import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import type { GivenSettings } from '../config/settings.ts'
import { builtinRules } from '../replies/builtin-rules.ts'
import { type CompiledRules, compileRepliesFile, compileRules, ruleNames } from '../replies/replies.ts'
import { RepliesFileError } from '../replies/replies-file.ts'
import { readRepliesFile } from './read-replies-file.ts'

export interface StartupSettings {
  readonly config: Config
  /** Settings and reply rules that are valid but probably unintended. */
  readonly warnings: readonly string[]
  /** The number of reply rules in effect. */
  readonly rules: number
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
  let rules: CompiledRules = new Map()
  try {
    config = given.check()
    warnings.push(...config.warnings)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    errors.push(...error.errors)
  }
  try {
    const replies = await checkReplies(given.values.REPLIES_FILE)
    warnings.push(...replies.warnings)
    rules = replies.rules
  } catch (error) {
    if (!(error instanceof RepliesFileError)) throw error
    errors.push(...error.errors.map((error) => `REPLIES_FILE: ${error}`))
  }
  if (!config || errors.length > 0) throw new ConfigError(errors)
  return { config, warnings, rules: ruleNames(rules).length }
}

async function checkReplies(
  file: string | undefined,
): Promise<{ readonly rules: CompiledRules; readonly warnings: readonly string[] }> {
  if (file === undefined) return { rules: compileRules(builtinRules), warnings: [] }
  const repliesFile = await readRepliesFile(file)
  return { rules: compileRepliesFile(repliesFile), warnings: repliesFile.warnings }
}
