/** Runs the service until a signal or a failure ends it, and sets the exit code of the process. SIGHUP may reload it. */
import closeWithGrace from 'close-with-grace'
import type { Config } from '../config/config.ts'
import { shutdownLimits } from '../config/limits.ts'
import type { LineOutput } from '../lib/line-output.ts'
import { type Service, startService } from '../service.ts'
import type { Telemetry } from '../telemetry.ts'
import { isOnTerminal } from './output.ts'

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
/** Crashes in native code. A JavaScript listener for these never runs, and makes the process spin instead of exit. */
const CRASHES = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] as const

/** Starts the service, and closes it on a signal, an unexpected error, or a fatal failure of the event store. */
export async function runUntilSignal(config: Config, telemetry: Telemetry, output: LineOutput): Promise<Service> {
  let service: Service | undefined
  let failure: Error | undefined
  const onUnexpectedError = (error: unknown) => void telemetry.emit('unexpectedError', { error })
  const grace = closeWithGrace(
    {
      delay: shutdownLimits.killAfter,
      logger: false,
      skip: [...SIGNALS, ...CRASHES],
      onSecondError: onUnexpectedError,
      // process.exit() would wait for a thread that is blocked on the disk.
      onTimeout: () => {
        telemetry.emit('shutdownTimedOut', { afterMs: shutdownLimits.killAfter })
        output.flush()
        process.kill(process.pid, 'SIGKILL')
      },
    },
    async ({ err }) => {
      if (err) onUnexpectedError(err)
      await service?.close().catch((error) => {
        onUnexpectedError(error)
        throw error
      })
      if (failure) throw failure
    },
  )
  // Only once: npm and the terminal both forward a signal, and the second one must not interrupt the shutdown.
  let closing = false
  let delay: NodeJS.Timeout | undefined
  const close = () => {
    clearTimeout(delay)
    if (!closing) grace.close()
    closing = true
  }
  const shutDown = (signal: NodeJS.Signals) => {
    if (!closing) telemetry.emit('shutdownStarted', { signal })
    close()
  }
  const drain = (running: Service, signal: NodeJS.Signals) => {
    if (closing || delay) return
    telemetry.emit('drainStarted', { signal, delayMs: config.shutdownDelay })
    running.drain()
    delay = setTimeout(() => shutDown(signal), config.shutdownDelay)
  }
  const reload = (signal: NodeJS.Signals) => {
    if (closing) return
    telemetry.emit('reloadStarted', { signal })
    void service?.reload()
  }
  const hangUpReloads = !isOnTerminal()
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (signal === 'SIGHUP' && hangUpReloads) return reload(signal)
      // Supervisors send SIGTERM. Nobody who presses Ctrl+C wants to wait.
      if (signal === 'SIGTERM' && service && config.shutdownDelay > 0) return drain(service, signal)
      shutDown(signal)
    })
  }
  const fail = (reason: string) => {
    failure ??= new Error(reason)
    close()
  }
  telemetry.on('storeBroken', () => fail('events cannot be stored safely'))
  telemetry.on('lockLost', () => fail('another receiver has taken over the log directory'))
  service = await startService(config, telemetry)
  return service
}
