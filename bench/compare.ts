import { BenchError } from './bench-error.ts'
import { type Measurement, type Tools, type Trial, withTrial } from './trial.ts'
import type { Variant } from './variants.ts'

export interface CompareOptions {
  readonly connections: readonly number[]
  readonly rounds: number
  /** How long a measured load lasts, about. */
  readonly seconds: number
  /** How many events a measured load has; overrides `seconds`. */
  readonly events: number | undefined
  /** How many events each server gets before: V8 goes on optimizing for some 12,000. */
  readonly warmUpEvents: number
}

/** A variant at a number of connections: one measurement per round. */
export interface Comparison {
  readonly connections: number
  readonly variant: Variant
  readonly measurements: readonly Measurement[]
}

/** So many share each sync that the warm-up is short. */
const WARM_UP_CONNECTIONS = 64

/** The replay window of 100,000 events must not fill up here: --grow measures what happens then. */
const MAX_EVENTS = 80_000

/**
 * Measures the variants in turn, round by round, so that whatever else the machine does meets all of them. Each
 * measurement has a fresh server, since one process may be compiled more luckily than another.
 *
 * @throws BenchError if a server fails, or answers differently from the first
 */
export async function compare(
  tools: Tools,
  variants: readonly Variant[],
  options: CompareOptions,
  progress: (text: string) => void,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = []
  const checkAnswers = requireSameAnswers()
  for (const connections of options.connections) {
    const rounds: Measurement[][] = []
    for (let round = 1; round <= options.rounds; round++) {
      progress(`connections: ${connections}, round ${round} of ${options.rounds}`)
      rounds.push(await measureInTurn(tools, variants, connections, options, checkAnswers))
    }
    for (const [index, variant] of variants.entries()) {
      comparisons.push({ connections, variant, measurements: rounds.flatMap((round) => round[index] ?? []) })
    }
  }
  return comparisons
}

/** One round. @returns a measurement of each variant */
async function measureInTurn(
  tools: Tools,
  variants: readonly Variant[],
  connections: number,
  options: CompareOptions,
  checkAnswers: (variant: Variant, answers: readonly string[]) => void,
): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const variant of variants) {
    const measurement = await withTrial(tools, variant, (trial) => {
      checkAnswers(variant, trial.answers)
      return warmUpAndMeasure(trial, connections, options)
    })
    measurements.push(measurement)
  }
  return measurements
}

async function warmUpAndMeasure(trial: Trial, connections: number, { seconds, events, warmUpEvents }: CompareOptions) {
  await trial.load({ connections: Math.min(WARM_UP_CONNECTIONS, warmUpEvents), events: warmUpEvents })
  if (events !== undefined) return trial.load({ connections, events })
  const pace = await trial.load({ connections, events: Math.max(500, 16 * connections) })
  return trial.load({ connections, events: Math.min(MAX_EVENTS, Math.ceil(pace.eventsPerSecond * seconds)) })
}

/** @returns a check that throws a BenchError if a server's answers differ from those of the first that was checked */
function requireSameAnswers(): (variant: Variant, answers: readonly string[]) => void {
  let expected: readonly string[] | undefined
  return (variant, answers) => {
    expected ??= answers
    const different = answers.findIndex((answer, kind) => answer !== expected?.[kind])
    if (different === -1) return
    throw new BenchError(
      `${variant.name} answers ${answers[different]}, but the first server answers ${expected[different]}: ` +
        'they can only be compared if they send the same.',
    )
  }
}
