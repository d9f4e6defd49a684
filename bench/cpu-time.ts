import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { BenchError } from './bench-error.ts'

/** What the operating system has counted so far, in seconds of CPU time. */
export interface CpuTime {
  /** Used by a process: user and system time of all its threads, with the thread pool and the garbage collector. */
  ofProcess(pid: number): number
  /** During which some cores were busy, with whatever it was. */
  ofCores(cores: readonly number[]): number
}

/**
 * Opens the operating system's count of CPU time. It advances in ticks, usually of 10 ms.
 * Source: proc_pid_stat(5), proc_stat(5).
 *
 * @throws BenchError where there is no /proc, which only Linux has
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
  // The command's name, in parentheses, may contain spaces: count fields from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user, system] = fields.slice(11, 13).map(Number)
  return (user ?? 0) + (system ?? 0)
}

/** @param stat the content of /proc/stat @returns what a core has spent on anything but idling and waiting for I/O */
export function busyTicks(stat: string, core: number): number {
  const [, fields = ''] = stat.match(new RegExp(`^cpu${core} (.*)`, 'm')) ?? []
  const [user = 0, nice = 0, system = 0, _idle, _iowait, irq = 0, softirq = 0, steal = 0] = fields
    .split(' ')
    .map(Number)
  return user + nice + system + irq + softirq + steal
}
