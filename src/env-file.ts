import { readFileSync } from 'node:fs'
import { parse, populate } from 'dotenv'
import { ConfigError } from './config.ts'
import { errorCode } from './event-log/file-operations.ts'

export const ENV_FILE = '.env'

/**
 * Takes settings from the `.env` of the working folder. What the environment has already stays.
 *
 * @param env is added to
 * @returns whether there is such a file
 * @throws ConfigError if it cannot be read
 */
export function loadEnvFile(env: NodeJS.ProcessEnv): boolean {
  try {
    populate(env as Record<string, string>, parse(readFileSync(ENV_FILE)))
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw new ConfigError(`${ENV_FILE} cannot be read: ${explain(error)}`, { cause: error })
  }
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
