/** `serve`: runs the service, and handles its settings, signals and exit code. */
import closeWithGrace from 'close-with-grace'
import type { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { type FirstStart, firstStartGuide } from '../config/first-start.ts'
import { shutdownLimits } from '../config/limits.ts'
import { collectSettings } from '../config/settings.ts'
import { createLogger, type ServiceLog } from '../logging/logger.ts'
import { type Service, startService } from '../service.ts'
import { reportFailure } from './failure.ts'
import { isTerminal } from './output.ts'
import { checkStartupSettings } from './startup-settings.ts'

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
/** Crashes in native code. A JavaScript listener for these never runs, and makes the process spin instead of exit. */
const CRASHES = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] as const

export interface ServeOptions {
  /** Whether to pretty-print the log even if stdout is not a terminal. */
  readonly pretty?: boolean
}

export function define(command: Command): void {
  command
    .description(
      'Receives webhooks until it gets SIGTERM, SIGINT or SIGHUP. Reads its settings from the environment and .env in ' +
        'the working directory.',
    )
    .option('--pretty', 'pretty-print the log instead of writing JSON, as on a terminal in development')
    .addHelpText(
      'after',
      '\nExamples:\n  PORT=8080 digireply-receiver serve\n  digireply-receiver serve --pretty | less -R',
    )
    .action((options: ServeOptions) => serve(options))
}

/** Runs the service. If startup fails, exits with 78 for invalid settings and with 1 otherwise. */
export async function serve(options: ServeOptions = {}): Promise<void> {
  try {
    await start(options)
  } catch (error) {
    process.exit(reportFailure(error))
  }
}

async function start({ pretty = false }: ServeOptions): Promise<void> {
  const given = collectSettings(process.env)
  const { config } = await checkStartupSettings(given)
  const log = await createLogger({ level: config.logLevel, pretty: pretty || (isTerminal() && !config.production) })
  process.once('exit', () => log.output.flush())
  for (const warning of [...given.warnings, ...config.warnings]) log.logger.warn(warning)

  const service = await runUntilSignal(config, log)
  if (!given.firstStart) return
  await saveToken(given.firstStart, service)
  log.output.write(firstStartGuide({ ...config, port: service.port }))
}

/** Starts the service, and closes it on a signal, an unexpected error, or a fatal failure of the event store. */
async function runUntilSignal(config: Config, { logger, output }: ServiceLog): Promise<Service> {
  let service: Service | undefined
  let failure: Error | undefined
  const grace = closeWithGrace(
    {
      delay: shutdownLimits.killAfter,
      logger,
      skip: [...SIGNALS, ...CRASHES],
      // process.exit() would wait for a thread that is blocked on the disk.
      onTimeout: () => {
        output.flush()
        process.kill(process.pid, 'SIGKILL')
      },
    },
    async ({ err }) => {
      if (err) logger.fatal({ err }, 'unexpected error: shutting down')
      await service?.close()
      if (failure) throw failure
    },
  )
  // Only once: npm and the terminal both forward a signal, and the second one must not interrupt the shutdown.
  let closing = false
  const close = () => {
    if (!closing) grace.close()
    closing = true
  }
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (!closing) logger.info({ signal }, 'shutting down: finishing in-flight requests')
      close()
    })
  }
  service = await startService(config, logger, (error) => {
    failure ??= error
    close()
  })
  return service
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
