import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { BenchError } from './bench-error.ts'

/** @returns the CPU time that a process has used so far, in seconds */
export type CpuTimeOf = (pid: number) => number

/**
 * Opens the operating system's count of CPU time: user and system time of all threads of a process, including the
 * thread pool and the garbage collector. It advances in ticks, usually of 10 ms. Source: proc_pid_stat(5).
 *
 * @throws BenchError where there is no /proc, which only Linux has
 */
export function openCpuTime(): CpuTimeOf {
  if (process.platform !== 'linux') {
    throw new BenchError(
      'Cannot measure CPU time here: it is read from /proc, which only Linux has. Run this on Linux.',
    )
  }
  const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return (pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command's name, in parentheses, may contain spaces: count fields from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [userTicks, systemTicks] = [fields[11], fields[12]]
    return (Number(userTicks) + Number(systemTicks)) / ticksPerSecond
  }
}
