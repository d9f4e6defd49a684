import type { Config } from '../../config/config.ts'
import { ConfigError } from '../../config/config-error.ts'
import { collectSettings } from '../../config/settings.ts'
import { UsageError } from '../failure.ts'
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
 * @param env the environment; .env is read beside it, if the options do not say it all
 * @throws UsageError, ConfigError
 */
export function findTarget(options: Pick<SendOptions, 'url' | 'token'>, env: NodeJS.ProcessEnv): Target {
  const { url, token } = options
  if (url && token !== undefined) return { url, token, logDir: undefined }
  const given = collectSettings({ ...env, ...(token !== undefined && STAND_IN) })
  if (given.firstStart) {
    throw new ConfigError([
      'WEBHOOK_SECRET: is not set. Start the service once with npm start, which generates a token, or pass --token.',
    ])
  }
  const config = given.check()
  const [ownToken = ''] = config.tokens
  return {
    url: url ?? localUrl(config),
    token: token ?? ownToken,
    logDir: url ? undefined : config.logDir,
  }
}

function localUrl({ host, port, webhookPath }: Config): URL {
  if (port === 0) throw new UsageError('PORT is 0, so only the log of the service tells its port. Pass it with --url.')
  const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }
  const name = everywhere[host] ?? (host.includes(':') ? `[${host}]` : host)
  return new URL(`http://${name}:${port}${webhookPath}`)
}
