/**
 * Measures the CPU time per event of the built service relative to bare Fastify. See docs/performance.md for the method.
 *
 *   npm run bench -- [--connections 1,8,64,256] [--rounds 5] [--seconds 3 | --events N] [--warm-up 15000]
 *   npm run bench -- --grow [--connections 64] [--rounds 3] [--events 30000]
 *   npm run bench -- --soak [--connections 64] [--minutes 10] [--rate 1000]
 *
 * All accept [--only bare,fsync,no-fsync] [--dist <directory>]... [--json].
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { BenchError } from './bench-error.ts'
import { compare } from './compare.ts'
import { chooseCores } from './cores.ts'
import { openCpuTime } from './cpu-time.ts'
import { grow } from './grow.ts'
import { startLoadGenerator } from './load.ts'
import { readOptions, type Task } from './options.ts'
import { reportComparison } from './report-comparison.ts'
import { reportGrowth } from './report-growth.ts'
import { reportSoak } from './report-soak.ts'
import { soak } from './soak.ts'
import type { Tools } from './trial.ts'
import { listVariants, type Variant } from './variants.ts'

async function main(): Promise<void> {
  const { task, builds, only, json } = readOptions(process.argv.slice(2))
  const variants = listVariants(builds, only)
  const tools = openTools()
  const machine = `Node.js ${process.version}, ${cpus()[0]?.model.trim()}, ${tools.cores.description}`
  progress(machine)
  const { results, report } = await run(task, tools, variants)
  console.log(json ? JSON.stringify({ machine, task, results }, null, 2) : `\n${report}`)
}

async function run(task: Task, tools: Tools, variants: Variant[]): Promise<{ results: unknown; report: string }> {
  switch (task.task) {
    case 'compare': {
      const results = await compare(tools, variants, task, progress)
      return { results, report: reportComparison(results) }
    }
    case 'grow': {
      const results = await grow(tools, variants, task, progress)
      return { results, report: reportGrowth(results, task.windowEvents) }
    }
    case 'soak': {
      const results = await soak(tools, variants, task, progress)
      return { results, report: reportSoak(results) }
    }
  }
}

/**
 * Opens the tools, which are cleaned up when the process exits. Their directory is on the same disk as the project,
 * since /tmp may be in memory, where a sync is free.
 */
function openTools(): Tools {
  const cpuTime = openCpuTime()
  const cores = chooseCores()
  const directory = mkdtempSync(join(process.cwd(), '.bench-'))
  const generator = startLoadGenerator(cores.generator)
  process.once('exit', () => {
    generator.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  return { cores, cpuTime, generator, directory }
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`)
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof BenchError ? error.message : error)
    process.exit(1)
  },
)
