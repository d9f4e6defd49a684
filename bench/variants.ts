import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BenchError } from './bench-error.ts'
import { requestDefaults } from './events.ts'

/** A server to compare. */
export interface Variant {
  readonly name: string
  /** Several builds of the service can have the same mode. */
  readonly mode: Mode
  /** The script to run with Node.js. */
  readonly script: string
  readonly env: Readonly<Record<string, string>>
  /** Whether it stores the events, so that they can be counted. */
  readonly stores: boolean
  /** Whether it can report its memory use, which has a cost. */
  readonly memoryProbe: boolean
}

export const modes = ['bare', 'fsync', 'no-fsync', 'metrics'] as const
export type Mode = (typeof modes)[number]

const BARE_FASTIFY = fileURLToPath(new URL('bare-fastify.mjs', import.meta.url))

/**
 * Lists the servers to compare, in the order in which they are measured.
 *
 * @param builds directories with a built service, such as `dist`
 * @throws BenchError if a directory does not contain a built service
 */
export function listVariants(builds: readonly string[], only: readonly Mode[]): Variant[] {
  const suffix = (build: string) => (builds.length > 1 ? ` (${build})` : '')
  const service = (build: string, mode: Mode, name: string): Variant => ({
    name: name + suffix(build),
    mode,
    script: mainOf(build),
    env: { ...serviceEnv, LOG_FSYNC: String(mode === 'fsync'), ...(mode === 'metrics' && { ADMIN_PORT: '0' }) },
    stores: true,
    memoryProbe: false,
  })
  const variants: Variant[] = [
    { name: 'bare Fastify', mode: 'bare', script: BARE_FASTIFY, env: nodeEnv, stores: false, memoryProbe: false },
    ...builds.map((build) => service(build, 'fsync', 'service')),
    ...builds.map((build) => service(build, 'no-fsync', 'service without fsync')),
    ...builds.map((build) => service(build, 'metrics', 'service without fsync, with metrics')),
  ]
  return variants.filter(({ mode }) => only.includes(mode))
}

const nodeEnv = { NODE_ENV: 'production' }
const serviceEnv = { ...nodeEnv, WEBHOOK_SECRET: requestDefaults.token, HOST: '127.0.0.1', PORT: '0' }

function mainOf(build: string): string {
  const main = resolve(join(build, 'main.js'))
  if (!existsSync(main))
    throw new BenchError(`--dist: ${join(build, 'main.js')} does not exist. Build it with: npm run build`)
  return main
}
