/**
 * CPU time per event of the built service, as a ratio to bare Fastify. See docs/performance.md.
 *
 *   npm run bench -- [--connections 1,8,64,256] [--rounds 5] [--seconds 3 | --events N] [--only bare,fsync,no-fsync]
 *                    [--dist <folder>]... [--json]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { compare } from './compare.ts'
import { chooseCores } from './cores.ts'
import { BenchError, openCpuTime } from './cpu-time.ts'
import { startLoadGenerator } from './load.ts'
import { readOptions } from './options.ts'
import { reportComparison } from './report.ts'
import type { Tools } from './trial.ts'
import { listVariants } from './variants.ts'

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  const variants = listVariants(options.builds, options.only)
  await withTools(async (tools) => {
    const machine = `Node.js ${process.version}, ${cpus()[0]?.model.trim()}, ${tools.cores.description}`
    process.stderr.write(`${machine}\n`)
    const results = await compare(tools, variants, options, (text) => process.stderr.write(`${text}\n`))
    console.log(options.json ? JSON.stringify({ machine, results }, null, 2) : `\n${reportComparison(results)}`)
  })
}

/** The folder is on the disk of the project: /tmp may be memory, where a sync costs nothing. */
async function withTools(run: (tools: Tools) => Promise<void>): Promise<void> {
  const cpuTimeOf = openCpuTime()
  const cores = chooseCores()
  const folder = mkdtempSync(join(process.cwd(), '.bench-'))
  const generator = startLoadGenerator(cores.generator)
  const cleanUp = () => {
    generator.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', cleanUp)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  await run({ cores, cpuTimeOf, generator, folder })
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof BenchError ? error.message : error)
    process.exit(1)
  },
)
