/** The process: settings, listening, signals. The one place of the service that reads the environment. */
import { existsSync, readFileSync } from 'node:fs'
import closeWithGrace from 'close-with-grace'
import { parse, populate } from 'dotenv'
import { ConfigError, readConfig } from './config.ts'
import { EventLogStartError } from './event-log/errors.ts'
import { firstStartGuide, writeFirstEnvFile } from './first-start.ts'
import { shutdownLimits } from './limits.ts'
import { createLogger } from './logger.ts'
import { RepliesFileError } from './replies/replies-file.ts'
import { ListenError, startService } from './service.ts'

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

async function main(): Promise<void> {
  const isFirstStart = writeFirstEnvFile('.', process.env)
  if (existsSync('.env')) populate(process.env as Record<string, string>, parse(readFileSync('.env')))
  const config = readConfig(process.env)
  const pretty = process.argv.includes('--pretty') || (process.stdout.isTTY && !config.production)
  const logger = await createLogger({ level: config.logLevel, pretty })
  for (const warning of config.warnings) logger.warn(warning)

  let failure: Error | undefined
  const service = await startService(config, logger, (error) => {
    failure = error
    grace.close()
  })
  if (isFirstStart) process.stdout.write(firstStartGuide(service.port, config.webhookPath))

  const grace = closeWithGrace(
    {
      delay: shutdownLimits.endAfter,
      logger,
      skip: [...SIGNALS],
      // A thread that hangs on the disk would keep process.exit waiting.
      onTimeout: () => process.kill(process.pid, 'SIGKILL'),
    },
    async ({ err }) => {
      if (err) logger.fatal({ err }, 'unforeseen: the service ends')
      await service.close()
      if (failure) throw failure
    },
  )
  // npm and a terminal both pass a signal on: the second one must not cut the first one short.
  let closing = false
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (closing) return
      closing = true
      logger.info({ signal }, 'shutting down: requests under way are finished')
      grace.close()
    })
  }
}

main().catch((error: unknown) => {
  const forOperator = [ConfigError, EventLogStartError, ListenError, RepliesFileError]
  const isForOperator = error instanceof Error && forOperator.some((kind) => error instanceof kind)
  process.stderr.write(`${isForOperator ? error.message : (error as Error).stack}\n`)
  process.exitCode = 1
})
