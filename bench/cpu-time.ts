import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { BenchError } from './bench-error.ts'

/** CPU time as counted by the operating system, in seconds. */
export interface CpuTime {
  /** The user and system time of all threads of a process, including the thread pool and the garbage collector. */
  ofProcess(pid: number): number
  /** The total time that some cores were busy. */
  ofCores(cores: readonly number[]): number
}

/**
 * Reads CPU time from /proc. It advances in ticks, usually of 10 ms. See proc_pid_stat(5) and proc_stat(5).
 *
 * @throws BenchError if this is not Linux
 */
export function openCpuTime(): CpuTime {
  if (process.platform !== 'linux') {
    throw new BenchError(
      'Cannot measure CPU time here: it is read from /proc, which only Linux has. Run this on Linux.',
    )
  }
  const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return {
    ofProcess: (pid) => processTicks(readFileSync(`/proc/${pid}/stat`, 'latin1')) / ticksPerSecond,
    ofCores(cores) {
      const stat = readFileSync('/proc/stat', 'latin1')
      return cores.map((core) => busyTicks(stat, core)).reduce((sum, ticks) => sum + ticks, 0) / ticksPerSecond
    },
  }
}

function processTicks(stat: string): number {
  // The command name, in parentheses, may contain spaces, so fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user, system] = fields.slice(11, 13).map(Number)
  return (user ?? 0) + (system ?? 0)
}

/** @param stat the content of /proc/stat @returns the ticks that a core was neither idle nor waiting for I/O */
export function busyTicks(stat: string, core: number): number {
  const [, fields = ''] = stat.match(new RegExp(`^cpu${core} (.*)`, 'm')) ?? []
  const [user = 0, nice = 0, system = 0, _idle, _iowait, irq = 0, softirq = 0, steal = 0] = fields
    .split(' ')
    .map(Number)
  return user + nice + system + irq + softirq + steal
}
