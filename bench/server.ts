import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BenchError } from './bench-error.ts'
import { requestDefaults } from './events.ts'
import type { Variant } from './variants.ts'

/** A server under load: a real process. */
export interface Server {
  readonly pid: number
  readonly port: number
  /** Sends one event. @returns the body of the answer @throws BenchError if it is not a 200 */
  post(body: string): Promise<string>
  /** Only of a variant with `memoryProbe`. The heap is what a full garbage collection leaves. */
  memory(): Promise<MemoryUse>
  /** Ends it, and waits until it has gone. */
  stop(): Promise<void>
}

/** In bytes. */
export interface MemoryUse {
  readonly rss: number
  readonly heapUsed: number
  /** Of buffers, outside the heap. */
  readonly external: number
}

const MEMORY_PROBE = new URL('memory-probe.mjs', import.meta.url).href
const START_WITHIN_MS = 20_000
const STOP_WITHIN_MS = 10_000

/**
 * Starts a server. Its stdout goes to a file, so that the service pays what writing its log costs.
 *
 * @param folder where it runs, and keeps its logs
 * @param pin the command that pins it to a core
 * @throws BenchError if it does not start
 */
export async function startServer(variant: Variant, folder: string, pin: readonly string[]): Promise<Server> {
  const output = join(folder, 'stdout')
  const file = openSync(output, 'a')
  const probe = variant.memoryProbe ? ['--expose-gc', '--import', MEMORY_PROBE] : []
  const [program = '', ...args] = [...pin, process.execPath, ...probe, variant.script]
  const stdio: StdioOptions = ['ignore', file, 'inherit', ...(variant.memoryProbe ? ['ipc' as const] : [])]
  const env = { PATH: process.env.PATH, ...variant.env }
  const child = spawn(program, args, { cwd: folder, env, stdio })
  closeSync(file)
  endWithThisProcess(child)
  const port = await portFrom(child, output)
  return {
    pid: child.pid as number,
    port,
    post: (body) => post(port, body),
    memory: () => memoryOf(child),
    stop: () => stop(child),
  }
}

function endWithThisProcess(child: ChildProcess): void {
  const kill = () => child.kill('SIGKILL')
  // Before the folder that it writes to is removed.
  process.prependOnceListener('exit', kill)
  child.once('exit', () => process.off('exit', kill))
}

async function portFrom(child: ChildProcess, output: string): Promise<number> {
  for (const until = performance.now() + START_WITHIN_MS; performance.now() < until; await sleep(10)) {
    const listening = readFileSync(output, 'utf8').match(/listening at http:\/\/[^:]+:(\d+)/)
    if (listening) return Number(listening[1])
    if (child.exitCode !== null) break
  }
  child.kill('SIGKILL')
  throw new BenchError(`The server did not start:\n${readFileSync(output, 'utf8')}`)
}

async function post(port: number, body: string): Promise<string> {
  const { path, method, headers } = requestDefaults
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body })
  const answer = await response.text()
  if (response.status !== 200) throw new BenchError(`A server answered ${response.status} instead of 200: ${answer}`)
  return answer
}

async function memoryOf(child: ChildProcess): Promise<MemoryUse> {
  const answered = once(child, 'message')
  child.send('memory')
  const [memory] = await answered
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
