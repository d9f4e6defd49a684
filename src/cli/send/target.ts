import type { Config } from '../../config/config.ts'
import { ConfigError } from '../../config/config-error.ts'
import { ENV_FILE } from '../../config/env-file.ts'
import { collectSettings } from '../../config/settings.ts'
import { readCertificate } from '../../config/tls.ts'
import { InvalidConfigurationError } from '../../lib/errors.ts'
import { UsageError } from '../failure.ts'
import type { SendOptions } from './options.ts'
import { isForbidden } from './token-file.ts'

export interface Target {
  readonly url: URL
  readonly token: string
  /** The only certificate to accept, in PEM, if it is known. */
  readonly certificate: Buffer | undefined
  /** The service's log directory; undefined if it runs elsewhere. */
  readonly logDir: string | undefined
  /** Whether the service of these settings stores its events in PostgreSQL. */
  readonly isInDatabase: boolean
}

/** The settings are invalid without a token, but the one on the command line may be invalid on purpose. */
const PLACEHOLDER_TOKENS = {
  WEBHOOK_SECRET: 'x',
  WEBHOOK_SECRET_FILE: '',
  WEBHOOK_SECRET_PREVIOUS: '',
  WEBHOOK_SECRET_PREVIOUS_FILE: '',
}

/** The certificate is enough to recognize the service, and only the service may be able to read its key. */
const WITHOUT_TLS = { TLS_CERT_FILE: '', TLS_KEY_FILE: '' }

/**
 * Determines the URL and the token. A service given by --url is assumed to run elsewhere.
 *
 * @param env the environment; .env is also read, unless the options specify everything
 * @throws UsageError, InvalidConfigurationError
 */
export function findTarget(options: Pick<SendOptions, 'url' | 'token'>, env: NodeJS.ProcessEnv): Target {
  const { url, token } = options
  if (url && token !== undefined) return { url, token, certificate: undefined, logDir: undefined, isInDatabase: false }
  checkAccess(ENV_FILE, 'so its settings are unknown. Run this with sudo, or pass --url and --token-file')
  const given = collectSettings({ ...env, ...(token !== undefined && PLACEHOLDER_TOKENS) })
  if (given.firstStart) {
    throw new ConfigError([
      'WEBHOOK_SECRET: is not set. Start the service once with npm start to generate a token, or pass --token ' +
        'or --token-file.',
    ])
  }
  const { WEBHOOK_SECRET_FILE: tokenFile, TLS_CERT_FILE: certFile } = given.values
  if (tokenFile) checkAccess(tokenFile, 'which WEBHOOK_SECRET_FILE names. Run this with sudo, or pass --token-file')
  const config = given.check(certFile === undefined ? {} : WITHOUT_TLS)
  const accepted = token ?? config.tokens.current
  if (url) return { url, token: accepted, certificate: undefined, logDir: undefined, isInDatabase: false }
  if (certFile) checkAccess(certFile, 'which TLS_CERT_FILE names. Run this with sudo')
  return {
    url: localUrl(config, certFile === undefined ? 'http' : 'https'),
    token: accepted,
    certificate: certFile === undefined ? undefined : readCertificate(certFile),
    logDir: config.eventStore ? undefined : config.logDir,
    isInDatabase: config.eventStore !== undefined,
  }
}

function checkAccess(path: string, advice: string): void {
  if (isForbidden(path)) throw new InvalidConfigurationError(`Permission denied for ${path}, ${advice}.`)
}

function localUrl({ host, port, webhookPath }: Config, scheme: 'http' | 'https'): URL {
  if (port === 0) throw new UsageError('PORT is 0, so the port is only in the service log. Pass the URL with --url.')
  const loopback: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }
  const name = loopback[host] ?? (host.includes(':') ? `[${host}]` : host)
  return new URL(`${scheme}://${name}:${port}${webhookPath}`)
}
