import { type Tools, type Trial, withTrials } from './trial.ts'
import type { Variant } from './variants.ts'

export interface GrowOptions {
  readonly connections: number
  readonly rounds: number
  /** Events per window. The first window is the warm-up; the last one starts after ten times as many events. */
  readonly windowEvents: number
}

/** The CPU time per event of a variant as its process handles more and more events. */
export interface Growth {
  readonly variant: Variant
  /** For each round, the microseconds per event in each measured window. */
  readonly rounds: readonly (readonly number[])[]
}

/** The number of windows measured after the warm-up. */
const WINDOWS = 10

/**
 * Sends windows of events to long-running processes, alternating between the processes after each window.
 *
 * @throws BenchError if a server fails
 */
export async function grow(
  tools: Tools,
  variants: readonly Variant[],
  { connections, rounds, windowEvents }: GrowOptions,
  progress: (text: string) => void,
): Promise<Growth[]> {
  const growths = variants.map((variant) => ({ variant, rounds: [] as number[][] }))
  for (let round = 1; round <= rounds; round++) {
    progress(`round ${round} of ${rounds}`)
    const windows = await withTrials(tools, variants, (trials) =>
      measureWindows(trials, { connections, events: windowEvents }),
    )
    for (const [index, growth] of growths.entries())
      growth.rounds.push(windows.map((cpuMicros) => cpuMicros[index] ?? 0))
  }
  return growths
}

/** @returns the microseconds per event of each trial, for each window */
async function measureWindows(trials: readonly Trial[], load: { connections: number; events: number }) {
  const windows: number[][] = []
  for (let window = 0; window <= WINDOWS; window++) {
    const cpuMicros: number[] = []
    for (const trial of trials) cpuMicros.push((await trial.load(load)).cpuMicros)
    windows.push(cpuMicros)
  }
  return windows.slice(1)
}
