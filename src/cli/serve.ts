/** `serve`: the service as a process, with its settings, its signals and its exit code. */
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
/** A crash in native code. A listener in JavaScript never runs then, and keeps the process spinning instead of ending. */
const CRASHES = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] as const

export interface ServeOptions {
  /** Whether the log is for people even where it does not go to a terminal. */
  readonly pretty?: boolean
}

export function define(command: Command): void {
  command
    .description(
      'Receives webhooks until it gets a SIGTERM, SIGINT or SIGHUP. The settings come from the environment and .env, in the ' +
        'working directory.',
    )
    .option('--pretty', 'write a readable log instead of JSON, as on a terminal in development')
    .addHelpText(
      'after',
      '\nExamples:\n  PORT=8080 digireply-receiver serve\n  digireply-receiver serve --pretty | less -R',
    )
    .action((options: ServeOptions) => serve(options))
}

/** Runs the service. A start that fails ends the process: 78 if the settings are invalid, else 1. */
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

/** Starts the service, and closes it on a signal, a crash or a failure that the event log cannot survive. */
async function runUntilSignal(config: Config, { logger, output }: ServiceLog): Promise<Service> {
  let service: Service | undefined
  let failure: Error | undefined
  const grace = closeWithGrace(
    {
      delay: shutdownLimits.killAfter,
      logger,
      skip: [...SIGNALS, ...CRASHES],
      // A thread that hangs on the disk would keep process.exit waiting.
      onTimeout: () => {
        output.flush()
        process.kill(process.pid, 'SIGKILL')
      },
    },
    async ({ err }) => {
      if (err) logger.fatal({ err }, 'unexpected error: the service ends')
      await service?.close()
      if (failure) throw failure
    },
  )
  // Once only: npm and a terminal both pass a signal on, and the second one must not cut the first one short.
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

/** @throws ExplainedError if the token cannot be saved; the service is closed then */
async function saveToken(firstStart: FirstStart, service: Service): Promise<void> {
  try {
    firstStart.save()
  } catch (error) {
    await service.close()
    throw error
  }
}
