import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BenchError } from './bench-error.ts'
import type { Cores } from './cores.ts'
import type { CpuTime } from './cpu-time.ts'
import { kinds } from './events.ts'
import type { Load, LoadGenerator, LoadResult } from './load.ts'
import { type Server, startServer } from './server.ts'
import type { Variant } from './variants.ts'

/** What trials share. */
export interface Tools {
  readonly cores: Cores
  readonly cpuTime: CpuTime
  readonly generator: LoadGenerator
  /** The parent of the servers' directories. */
  readonly directory: string
}

/** The result of one load on one server. */
export interface Measurement {
  readonly events: number
  /** The server's CPU time per event, in microseconds. */
  readonly cpuMicros: number
  readonly eventsPerSecond: number
  readonly latencyMs: LoadResult['latencyMs']
  /** CPU time divided by elapsed time, of the server and of the load generator: 1 is one core. */
  readonly serverLoad: number
  readonly generatorLoad: number
  /** The same for everything else that ran on their cores. */
  readonly othersLoad: number
}

/** The lifetime of a server, at the end of which its logs must contain each acknowledged event exactly once. */
export interface Trial {
  readonly server: Server
  /** The server's responses to one event of each kind. */
  readonly responses: readonly string[]
  /** @throws BenchError if a response is not 200 */
  load(load: Omit<Load, 'port'>): Promise<Measurement>
  /** Stops the server and counts its lines. @throws BenchError unless each acknowledged event has exactly one */
  finish(): Promise<void>
}

/** Runs a trial of a variant, and cleans up after it. */
export async function withTrial<T>(tools: Tools, variant: Variant, run: (trial: Trial) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tools.directory, 'server-'))
  const server = await startServer(variant, directory, tools.cores.server)
  try {
    const trial = await startTrial(tools, variant, server, directory)
    const result = await run(trial)
    await trial.finish()
    return result
  } finally {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Runs concurrent trials of all variants. */
export function withTrials<T>(
  tools: Tools,
  variants: readonly Variant[],
  run: (trials: readonly Trial[]) => Promise<T>,
): Promise<T> {
  const [first, ...others] = variants
  if (!first) return run([])
  return withTrial(tools, first, (trial) => withTrials(tools, others, (trials) => run([trial, ...trials])))
}

async function startTrial(tools: Tools, variant: Variant, server: Server, directory: string): Promise<Trial> {
  const responses: string[] = []
  for (const kind of kinds) responses.push(await server.post(kind.body(0)))
  const acknowledged = kinds.map(() => 1)
  return {
    server,
    responses,
    async load(load) {
      const before = readCpuTime(tools, server)
      const result = await tools.generator.send({ ...load, port: server.port })
      checkResult(variant, result)
      for (const [kind, count] of result.acknowledged.entries()) acknowledged[kind] = (acknowledged[kind] ?? 0) + count
      return measurementOf(load.events, result, before, readCpuTime(tools, server))
    },
    async finish() {
      await server.stop()
      if (variant.stores) checkLogs(variant, join(directory, 'logs'), acknowledged)
    },
  }
}

/** In seconds. */
interface CpuReading {
  readonly server: number
  readonly generator: number
  /** All processes on the cores that both may use. */
  readonly cores: number
}

function readCpuTime({ cpuTime, generator, cores }: Tools, server: Server): CpuReading {
  return {
    server: cpuTime.ofProcess(server.pid),
    generator: cpuTime.ofProcess(generator.pid),
    cores: cpuTime.ofCores(cores.used),
  }
}

function measurementOf(
  events: number,
  { seconds, latencyMs }: LoadResult,
  before: CpuReading,
  after: CpuReading,
): Measurement {
  const server = after.server - before.server
  const generator = after.generator - before.generator
  const others = Math.max(0, after.cores - before.cores - server - generator)
  return {
    events,
    cpuMicros: (server / events) * 1e6,
    eventsPerSecond: events / seconds,
    latencyMs,
    serverLoad: server / seconds,
    generatorLoad: generator / seconds,
    othersLoad: others / seconds,
  }
}

function checkResult(variant: Variant, { failures }: LoadResult): void {
  if (Object.keys(failures).length === 0) return
  throw new BenchError(`${variant.name}: not every response was 200: ${JSON.stringify(failures)}`)
}

function checkLogs(variant: Variant, logs: string, acknowledged: readonly number[]): void {
  for (const [kind, { logFile }] of kinds.entries()) {
    const lines = countLines(join(logs, logFile))
    if (lines === acknowledged[kind]) continue
    throw new BenchError(
      `${variant.name}: ${acknowledged[kind]} events were acknowledged, but ${logFile} has ${lines} lines.`,
    )
  }
}

function countLines(file: string): number {
  const content = existsSync(file) ? readFileSync(file) : Buffer.alloc(0)
  let lines = 0
  for (let end = content.indexOf('\n'); end !== -1; end = content.indexOf('\n', end + 1)) lines++
  return lines
}
