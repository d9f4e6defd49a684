import { type Tools, type Trial, withTrials } from './trial.ts'
import type { Variant } from './variants.ts'

export interface GrowOptions {
  readonly connections: number
  readonly rounds: number
  /** Events per window. The first window warms up, the last one begins after ten times as many. */
  readonly windowEvents: number
}

/** CPU time per event of one variant as events add up in one process. */
export interface Growth {
  readonly variant: Variant
  /** For each round, the microseconds per event in each window that was measured. */
  readonly rounds: readonly (readonly number[])[]
}

/** Windows measured after the first, which is the warm-up. */
const WINDOWS = 10

/**
 * Sends the same number of events again and again to the same processes, which take turns window by window.
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

/** @returns for each window, the microseconds per event of each trial */
async function measureWindows(trials: readonly Trial[], load: { connections: number; events: number }) {
  const windows: number[][] = []
  for (let window = 0; window <= WINDOWS; window++) {
    const cpuMicros: number[] = []
    for (const trial of trials) cpuMicros.push((await trial.load(load)).cpuMicros)
    windows.push(cpuMicros)
  }
  return windows.slice(1)
}
