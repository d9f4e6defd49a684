import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The cores that the server and the load generator run on. */
export interface Cores {
  /** A command prefix that pins a process to a core; empty if pinning is not possible. */
  readonly server: readonly string[]
  readonly generator: readonly string[]
  /** The cores that both may use: two, or all if pinning is not possible. */
  readonly used: readonly number[]
  /** For the report. */
  readonly description: string
}

/** Selects one core for the server and one for the load generator, so that they do not compete for CPU time. */
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

/** @returns the cores that this process may use, which Linux lists as in `0-3,8`. See proc_pid_status(5) */
function allowedCores(): number[] {
  const [, list = ''] = readFileSync('/proc/self/status', 'latin1').match(/^Cpus_allowed_list:\s*(\S+)/m) ?? []
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
