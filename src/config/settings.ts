import { type Config, readConfig, withoutEmpty } from './config.ts'
import { ConfigError } from './config-error.ts'
import { readEnvFile } from './env-file.ts'
import { type FirstStart, planFirstStart } from './first-start.ts'
import { SOCKET_VARIABLES } from './inherited-socket.ts'
import { misspelledInEnvironment } from './misspelled-names.ts'
import type { Environment } from './tokens.ts'

/** Where a setting's value comes from. */
export type Source = 'environment' | '.env' | 'default'

/** The settings as given, valid or not. */
export interface GivenSettings {
  readonly values: Environment
  sourceOf(name: string): Source
  /** Settings that are valid but probably unintended. */
  readonly warnings: readonly string[]
  /** The generated token; undefined if one is configured or this is production. */
  readonly firstStart: FirstStart | undefined
  /**
   * @param replaced values to use instead of the given ones; an empty string counts as not set
   * @throws ConfigError that lists every error
   */
  check(replaced?: Environment): Config
}

/**
 * Collects the settings from the environment and `.env`; the environment takes precedence.
 *
 * @param env the settings from `.env` are added to it, because TZ takes effect only in the process's environment.
 *   Those of systemd's socket activation are removed from it
 * @throws ConfigError if `.env` cannot be read
 */
export function collectSettings(env: NodeJS.ProcessEnv): GivenSettings {
  const file = readEnvFile()
  const fromEnvironment = new Set(Object.keys(env))
  const misspelled = misspelledInEnvironment(Object.keys(withoutEmpty(env)))
  for (const [name, value] of Object.entries(file.values)) env[name] ??= value
  const firstStart = planFirstStart(env, file.exists)
  const values = withoutEmpty(env)
  for (const name of SOCKET_VARIABLES) delete env[name]
  return {
    values,
    firstStart,
    warnings: [...file.warnings, ...misspelled],
    sourceOf(name) {
      if (values[name] === undefined) return 'default'
      return fromEnvironment.has(name) ? 'environment' : '.env'
    },
    check: (replaced) =>
      check({ ...values, ...(firstStart && { WEBHOOK_SECRET: firstStart.token }), ...replaced }, file.errors),
  }
}

function check(values: Environment, fileErrors: readonly string[]): Config {
  let config: Config | undefined
  const errors = [...fileErrors]
  try {
    config = readConfig(values)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    errors.push(...error.errors)
  }
  if (!config || errors.length > 0) throw new ConfigError(errors)
  return config
}
