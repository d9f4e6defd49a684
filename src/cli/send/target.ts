import { type Config, readConfig } from '../../config/config.ts'
import type { Environment } from '../../config/tokens.ts'
import { UsageError } from '../usage-error.ts'
import type { SendOptions } from './options.ts'

export interface Target {
  readonly url: URL
  readonly token: string
  /** Where the service logs; undefined for one that runs elsewhere. */
  readonly logDir: string | undefined
}

/** Settings cannot be read without a token, and the one on the command line may be wrong on purpose. */
const STAND_IN = { WEBHOOK_SECRET: 'x', WEBHOOK_SECRET_FILE: '', WEBHOOK_SECRET_PREVIOUS: '' }

/**
 * Finds out where to send to, and with which token. A service that is named by --url is taken for one that runs elsewhere.
 *
 * @param env the environment, with what .env adds to it
 * @throws UsageError, ConfigError
 */
export function findTarget(options: Pick<SendOptions, 'url' | 'token'>, env: Environment, hasEnvFile: boolean): Target {
  const { url, token } = options
  if (url && token !== undefined) return { url, token, logDir: undefined }
  if (token === undefined && !hasEnvFile && !env.WEBHOOK_SECRET && !env.WEBHOOK_SECRET_FILE) {
    throw new UsageError(
      'There is no token yet. Start the service once with npm start, which makes one, or use --token.',
    )
  }
  const config = readConfig(token === undefined ? env : { ...env, ...STAND_IN })
  const [ownToken = ''] = config.tokens
  return {
    url: url ?? localUrl(config),
    token: token ?? ownToken,
    logDir: url ? undefined : config.logDir,
  }
}

function localUrl({ host, port, webhookPath }: Config): URL {
  if (port === 0)
    throw new UsageError('PORT is 0, so the service listens on a port that only its log tells. Use --url.')
  const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }
  const name = everywhere[host] ?? (host.includes(':') ? `[${host}]` : host)
  return new URL(`http://${name}:${port}${webhookPath}`)
}
