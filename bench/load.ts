import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { BenchError } from './bench-error.ts'

export interface Load {
  readonly port: number
  readonly connections: number
  /** The number of requests to send. */
  readonly events: number
  /** Requests per second over all connections. By default, each connection sends as soon as it gets a response. */
  readonly perSecond?: number
}

export interface LoadResult {
  /** From the first connection to the last response. */
  readonly seconds: number
  /** The number of 200 responses for each kind, in the order of `kinds`. */
  readonly acknowledged: readonly number[]
  /** The number of other responses and errors, by description. */
  readonly failures: Readonly<Record<string, number>>
  readonly latencyMs: { readonly p50: number; readonly p99: number }
}

/** The process that sends the load. It is kept for the whole run, so that its warm-up does not affect measurements. */
export interface LoadGenerator {
  readonly pid: number
  /** Sends one load at a time. @throws BenchError if the process exits */
  send(load: Load): Promise<LoadResult>
  stop(): void
}

const SCRIPT = fileURLToPath(new URL('generator.ts', import.meta.url))

/** @param pin the command that pins it to a core */
export function startLoadGenerator(pin: readonly string[]): LoadGenerator {
  // execArgv contains the options with which this process runs TypeScript.
  const [program = '', ...args] = [...pin, process.execPath, ...process.execArgv, SCRIPT]
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exited = once(child, 'exit').then(() => {
    throw new BenchError('The load generator exited before it had sent its load.')
  })
  exited.catch(() => {})
  return {
    pid: child.pid as number,
    async send(load) {
      const replied = once(child, 'message')
      child.send(load)
      const [result] = await Promise.race([replied, exited])
      return result
    },
    stop: () => child.kill(),
  }
}
