/** The process: settings, listening, signals. The one place of the service that reads the environment. */
import { isatty } from 'node:tty'
import closeWithGrace from 'close-with-grace'
import { ConfigError, readConfig } from './config/config.ts'
import { loadEnvFile } from './config/env-file.ts'
import { type FirstStart, firstStartGuide, planFirstStart } from './config/first-start.ts'
import { shutdownLimits } from './config/limits.ts'
import { StoreStartError } from './event-store/event-store.ts'
import { createLogger } from './logging/logger.ts'
import { RepliesFileError } from './replies/replies-file.ts'
import { ListenError, type Service, startService } from './service.ts'

const STDOUT = 1
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
/** A crash in native code. A listener in JavaScript never runs then, and keeps the process spinning instead of ending. */
const CRASHES = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] as const

async function main(): Promise<void> {
  const envFile = loadEnvFile(process.env)
  const firstStart = planFirstStart(process.env, envFile.exists)
  const config = readConfig(firstStart ? { ...process.env, WEBHOOK_SECRET: firstStart.token } : process.env)
  const pretty = process.argv.includes('--pretty') || (isatty(STDOUT) && !config.production)
  const { logger, output } = await createLogger({ level: config.logLevel, pretty })
  process.once('exit', () => output.flush())
  for (const warning of [...envFile.warnings, ...config.warnings]) logger.warn(warning)

  let service: Service | undefined
  let failure: Error | undefined
  const grace = closeWithGrace(
    {
      delay: shutdownLimits.endAfter,
      logger,
      skip: [...SIGNALS, ...CRASHES],
      // A thread that hangs on the disk would keep process.exit waiting.
      onTimeout: () => {
        output.flush()
        process.kill(process.pid, 'SIGKILL')
      },
    },
    async ({ err }) => {
      if (err) logger.fatal({ err }, 'unforeseen: the service ends')
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
      if (!closing) logger.info({ signal }, 'shutting down: requests under way are finished')
      close()
    })
  }

  service = await startService(config, logger, (error) => {
    failure ??= error
    close()
  })
  if (!firstStart) return
  await saveToken(firstStart, service)
  output.write(firstStartGuide({ ...config, port: service.port }))
}

/** @throws ConfigError if the token cannot be saved; the service is closed then */
async function saveToken(firstStart: FirstStart, service: Service): Promise<void> {
  try {
    firstStart.save()
  } catch (error) {
    await service.close()
    throw error
  }
}

main().catch((error: unknown) => {
  const forOperator = [ConfigError, StoreStartError, ListenError, RepliesFileError]
  const isForOperator = error instanceof Error && forOperator.some((kind) => error instanceof kind)
  process.stderr.write(`${isForOperator ? error.message : (error as Error).stack}\n`)
  process.exit(1)
})
