import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Where the two sides of a benchmark run. */
export interface Cores {
  /** Prefixes of a command that pin it to a core; empty where pinning is not possible. */
  readonly server: readonly string[]
  readonly generator: readonly string[]
  /** The cores that they may use: two, or all where pinning is not possible. */
  readonly used: readonly number[]
  /** For the report. */
  readonly description: string
}

/** Chooses a core for the server and another for the load generator, so that neither takes CPU time from the other. */
export function chooseCores(): Cores {
  const allowed = allowedCores()
  const [server, generator] = allowed
  const notPinned = (reason: string): Cores => ({
    server: [],
    generator: [],
    used: allowed,
    description: `NOT pinned to cores, so expect more spread: ${reason}`,
  })
  if (spawnSync('taskset', ['--version']).status !== 0) return notPinned('taskset (util-linux) is not installed')
  if (server === undefined || generator === undefined) return notPinned('there is only one core')
  return {
    server: ['taskset', '-c', String(server)],
    generator: ['taskset', '-c', String(generator)],
    used: [server, generator],
    description: `server pinned to core ${server}, load generator to core ${generator}`,
  }
}

/** @returns the cores that this process may use, from a list such as `0-3,8`. Source: proc_pid_status(5) */
function allowedCores(): number[] {
  const [, list = ''] = readFileSync('/proc/self/status', 'latin1').match(/^Cpus_allowed_list:\s*(\S+)/m) ?? []
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
