import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BenchError } from './bench-error.ts'
import { requestDefaults } from './events.ts'
import type { Variant } from './variants.ts'

/** A server under load, in its own process. */
export interface Server {
  readonly pid: number
  readonly port: number
  /** Sends one event. @returns the response body @throws BenchError if the status is not 200 */
  post(body: string): Promise<string>
  /** Only for a variant with `memoryProbe`. Runs a full garbage collection first. */
  memory(): Promise<MemoryUse>
  /** Stops the process, and waits until it has exited. */
  stop(): Promise<void>
}

/** In bytes. */
export interface MemoryUse {
  readonly rss: number
  readonly heapUsed: number
  /** Buffers outside the heap. */
  readonly external: number
}

const MEMORY_PROBE = new URL('memory-probe.mjs', import.meta.url).href
const START_WITHIN_MS = 20_000
const STOP_WITHIN_MS = 10_000

/**
 * Starts a server. Its stdout is written to a file, so that the cost of writing the service log is included.
 *
 * @param directory the working directory, which also contains its logs
 * @param pin the command prefix that pins it to a core
 * @throws BenchError if it does not start
 */
export async function startServer(variant: Variant, directory: string, pin: readonly string[]): Promise<Server> {
  const output = join(directory, 'stdout')
  const file = openSync(output, 'a')
  const probe = variant.memoryProbe ? ['--expose-gc', '--import', MEMORY_PROBE] : []
  const [program = '', ...args] = [...pin, process.execPath, ...probe, variant.script]
  const stdio: StdioOptions = ['ignore', file, 'inherit', ...(variant.memoryProbe ? ['ipc' as const] : [])]
  const env = { PATH: process.env.PATH, ...variant.env }
  const child = spawn(program, args, { cwd: directory, env, stdio })
  closeSync(file)
  killOnExit(child)
  const port = await portFrom(child, output)
  return {
    pid: child.pid as number,
    port,
    post: (body) => post(port, body),
    memory: () => memoryOf(child),
    stop: () => stop(child),
  }
}

function killOnExit(child: ChildProcess): void {
  const kill = () => child.kill('SIGKILL')
  // Prepended, so that it runs before the directory that the child writes to is removed.
  process.prependOnceListener('exit', kill)
  child.once('exit', () => process.off('exit', kill))
}

async function portFrom(child: ChildProcess, output: string): Promise<number> {
  for (const until = performance.now() + START_WITHIN_MS; performance.now() < until; await sleep(10)) {
    const listening = readFileSync(output, 'utf8').match(
      /listening at http:\/\/[^:]+:(\d+)|"url":"http:\/\/[^:]+:(\d+)[^"]*","msg":"listening"/,
    )
    if (listening) return Number(listening[1] ?? listening[2])
    if (child.exitCode !== null) break
  }
  child.kill('SIGKILL')
  throw new BenchError(`The server did not start:\n${readFileSync(output, 'utf8')}`)
}

async function post(port: number, body: string): Promise<string> {
  const { path, method, headers } = requestDefaults
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body })
  const text = await response.text()
  if (response.status !== 200)
    throw new BenchError(`A server responded with ${response.status} instead of 200: ${text}`)
  return text
}

async function memoryOf(child: ChildProcess): Promise<MemoryUse> {
  const replied = once(child, 'message')
  child.send('memory')
  const [memory] = await replied
  return memory
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
  await exited
  clearTimeout(timer)
}
