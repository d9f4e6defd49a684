import { type Config, readConfig, withoutEmpty } from './config.ts'
import { ConfigError } from './config-error.ts'
import { readEnvFile } from './env-file.ts'
import { type FirstStart, planFirstStart } from './first-start.ts'
import type { Environment } from './tokens.ts'

/** Where a setting's value comes from. */
export type Source = 'environment' | '.env' | 'default'

/** The settings as they were given, whether they are valid or not. */
export interface GivenSettings {
  readonly values: Environment
  sourceOf(name: string): Source
  /** What is allowed but probably not meant. */
  readonly warnings: readonly string[]
  /** The token to be made, where nobody has chosen one and this is not production. */
  readonly firstStart: FirstStart | undefined
  /** @throws ConfigError that lists everything wrong */
  check(): Config
}

/**
 * Collects the settings from the environment and `.env`; the environment wins.
 *
 * @param env receives what `.env` adds, as the time zone counts for the whole process
 * @throws ConfigError if `.env` cannot be read
 */
export function collectSettings(env: NodeJS.ProcessEnv): GivenSettings {
  const file = readEnvFile()
  const fromEnvironment = new Set(Object.keys(env))
  for (const [name, value] of Object.entries(file.values)) env[name] ??= value
  const firstStart = planFirstStart(env, file.exists)
  const values = withoutEmpty(env)
  return {
    values,
    firstStart,
    warnings: file.warnings,
    sourceOf(name) {
      if (values[name] === undefined) return 'default'
      return fromEnvironment.has(name) ? 'environment' : '.env'
    },
    check: () => check(firstStart ? { ...values, WEBHOOK_SECRET: firstStart.token } : values, file.mistakes),
  }
}

function check(values: Environment, mistakesInFile: readonly string[]): Config {
  let config: Config | undefined
  const mistakes = [...mistakesInFile]
  try {
    config = readConfig(values)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    mistakes.push(...error.mistakes)
  }
  if (!config || mistakes.length > 0) throw new ConfigError(mistakes)
  return config
}
