import { InvalidConfigurationError } from '../lib/errors.ts'

/** The settings are invalid. The message lists every error. */
export class ConfigError extends InvalidConfigurationError {
  override readonly name = 'ConfigError'
  readonly errors: readonly string[]

  constructor(errors: readonly string[]) {
    const lines = errors.map((error) => `  ${error}\n`).join('')
    super(`Invalid settings:\n${lines}Fix these in the environment or in .env. See .env.example for each setting.`)
    this.errors = errors
  }
}
