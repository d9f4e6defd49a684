import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { BenchError } from './bench-error.ts'

export interface Load {
  readonly port: number
  readonly connections: number
  /** How many requests to send. */
  readonly events: number
  /** Requests a second over all connections; as fast as answers come if absent. */
  readonly perSecond?: number
}

export interface LoadResult {
  /** From the first connection to the last answer. */
  readonly seconds: number
  /** Answers with 200, for each kind in the order of `kinds`. */
  readonly acknowledged: readonly number[]
  /** Everything else that happened, and how often; empty in a good run. */
  readonly failures: Readonly<Record<string, number>>
  readonly latencyMs: { readonly p50: number; readonly p99: number }
}

/** The process that sends the load. One serves the whole run, so that its own warm-up disturbs no measurement. */
export interface LoadGenerator {
  readonly pid: number
  /** One load at a time. @throws BenchError if the process ends */
  send(load: Load): Promise<LoadResult>
  stop(): void
}

const SCRIPT = fileURLToPath(new URL('generator.ts', import.meta.url))

/** @param pin the command that pins it to a core */
export function startLoadGenerator(pin: readonly string[]): LoadGenerator {
  // execArgv: how this process runs TypeScript.
  const [program = '', ...args] = [...pin, process.execPath, ...process.execArgv, SCRIPT]
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ended = once(child, 'exit').then(() => {
    throw new BenchError('The load generator ended before its load was sent.')
  })
  ended.catch(() => {})
  return {
    pid: child.pid as number,
    async send(load) {
      const answered = once(child, 'message')
      child.send(load)
      const [result] = await Promise.race([answered, ended])
      return result
    },
    stop: () => child.kill(),
  }
}
