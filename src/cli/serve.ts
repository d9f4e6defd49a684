/** `serve`: runs the service, and handles its settings and its log. */
import type { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import { type FirstStart, firstStartGuide } from '../config/first-start.ts'
import { collectSettings } from '../config/settings.ts'
import { ExplainedError } from '../lib/errors.ts'
import type { LineOutput } from '../lib/line-output.ts'
import { version } from '../lib/version.ts'
import { logTelemetry } from '../logging/log-telemetry.ts'
import { createLogger } from '../logging/logger.ts'
import type { Service } from '../service.ts'
import { createTelemetry, type Telemetry, type TelemetryMap } from '../telemetry.ts'
import { exitCodeOf, reportFailure } from './failure.ts'
import { isTerminal } from './output.ts'
import { runUntilSignal } from './run-until-signal.ts'
import { checkStartupSettings } from './startup-settings.ts'

export interface ServeOptions {
  /** Whether to pretty-print the log even if stdout is not a terminal. */
  readonly pretty?: boolean
}

export function define(command: Command): void {
  command
    .description(
      'Receives webhooks until it gets SIGTERM or SIGINT. Reads its settings from the environment and .env in the ' +
        'working directory. SIGHUP reloads the files of tokens, reply rules and the certificate; on a terminal, it ends the service.',
    )
    .option('--pretty', 'pretty-print the log instead of writing JSON, as on a terminal in development')
    .addHelpText(
      'after',
      '\nExamples:\n  PORT=8080 digireply-receiver serve\n  digireply-receiver serve --pretty | less -R',
    )
    .action((options: ServeOptions) => serve(options))
}

/** Runs the service. If startup fails, exits with 78 for invalid settings and with 1 otherwise. */
export async function serve({ pretty = false }: ServeOptions = {}): Promise<void> {
  try {
    await start(pretty)
  } catch (error) {
    process.exit(pretty || isTerminal() ? reportFailure(error) : await logFailure(error))
  }
}

async function start(pretty: boolean): Promise<void> {
  const given = collectSettings(process.env)
  const { config, rules } = await checkStartupSettings(given)
  const { telemetry, output } = await openLog(config.logLevel, pretty || (isTerminal() && !config.production))
  telemetry.emit('starting', describeStart(config, rules))
  for (const warning of [...given.warnings, ...config.warnings]) telemetry.emit('settingDoubtful', { warning })

  const service = await runUntilSignal(config, telemetry, output)
  if (!given.firstStart) return
  await saveToken(given.firstStart, service)
  output.write(firstStartGuide({ ...config, port: service.port }))
}

/** Logs why the service cannot start, so that log collectors get it, too. @returns the exit code */
async function logFailure(error: unknown): Promise<number> {
  const { telemetry, output } = await openLog('info', false)
  if (error instanceof ConfigError) telemetry.emit('startFailed', { errors: error.errors })
  else if (error instanceof ExplainedError) telemetry.emit('startFailed', { reason: error.message })
  else telemetry.emit('startFailed', { cause: error })
  output.flush()
  return exitCodeOf(error)
}

async function openLog(level: string, pretty: boolean): Promise<{ telemetry: Telemetry; output: LineOutput }> {
  const telemetry = createTelemetry()
  const onDropped = (lines: number) => telemetry.emit('logLinesDropped', { lines })
  const { logger, output } = await createLogger({ level, pretty, onDropped })
  process.once('exit', () => output.flush())
  logTelemetry(telemetry, logger)
  return { telemetry, output }
}

function describeStart(config: Config, rules: number): TelemetryMap['starting'][0] {
  const { host, port, webhookPath, logDir, fsync, trustProxy } = config
  return {
    version,
    nodeVersion: process.version,
    address: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    path: webhookPath,
    store: config.eventStore ? 'postgresql' : 'files',
    logDir: config.eventStore ? undefined : logDir,
    fsync,
    trustedProxies: trustProxy || [],
    rules,
  }
}

/** @throws ExplainedError if the token cannot be saved, after closing the service */
async function saveToken(firstStart: FirstStart, service: Service): Promise<void> {
  try {
    firstStart.save()
  } catch (error) {
    await service.close()
    throw error
  }
}
