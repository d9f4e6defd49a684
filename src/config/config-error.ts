import { ExplainedError } from '../lib/explained-error.ts'

/** The settings are invalid. The message lists everything that is wrong with them. */
export class ConfigError extends ExplainedError {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    const lines = mistakes.map((mistake) => `  ${mistake}\n`).join('')
    super(`Invalid settings:\n${lines}Fix these in the environment or in .env. See .env.example for each setting.`)
    this.mistakes = mistakes
  }
}
