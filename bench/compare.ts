import { BenchError } from './bench-error.ts'
import { type Measurement, type Tools, type Trial, withTrial } from './trial.ts'
import type { Variant } from './variants.ts'

export interface CompareOptions {
  readonly connections: readonly number[]
  readonly rounds: number
  /** The approximate duration of a measured load. */
  readonly seconds: number
  /** The number of events in a measured load; overrides `seconds`. */
  readonly events: number | undefined
  /** The number of events that each server gets first: V8 keeps optimizing for about 12,000. */
  readonly warmUpEvents: number
}

/** The measurements of a variant at a number of connections, one per round. */
export interface Comparison {
  readonly connections: number
  readonly variant: Variant
  readonly measurements: readonly Measurement[]
}

/** Enough connections share each sync to keep the warm-up short. */
const WARM_UP_CONNECTIONS = 64

/** The replay window of 100,000 events must not fill up here: --grow measures what happens then. */
const MAX_EVENTS = 80_000

/**
 * Measures the variants in turn, round by round, so that other load on the machine affects all of them. Each
 * measurement uses a new process, since the compiler optimizes some processes better than others.
 *
 * @throws BenchError if a server fails, or its responses differ from those of the first
 */
export async function compare(
  tools: Tools,
  variants: readonly Variant[],
  options: CompareOptions,
  progress: (text: string) => void,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = []
  const checkResponses = createResponseCheck()
  for (const connections of options.connections) {
    const rounds: Measurement[][] = []
    for (let round = 1; round <= options.rounds; round++) {
      progress(`connections: ${connections}, round ${round} of ${options.rounds}`)
      rounds.push(await measureInTurn(tools, variants, connections, options, checkResponses))
    }
    for (const [index, variant] of variants.entries()) {
      comparisons.push({ connections, variant, measurements: rounds.flatMap((round) => round[index] ?? []) })
    }
  }
  return comparisons
}

/** Runs one round. @returns one measurement for each variant */
async function measureInTurn(
  tools: Tools,
  variants: readonly Variant[],
  connections: number,
  options: CompareOptions,
  checkResponses: (variant: Variant, responses: readonly string[]) => void,
): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const variant of variants) {
    const measurement = await withTrial(tools, variant, (trial) => {
      checkResponses(variant, trial.responses)
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

/** @returns a function that throws a BenchError if a server's responses differ from those of the first server */
function createResponseCheck(): (variant: Variant, responses: readonly string[]) => void {
  let expected: readonly string[] | undefined
  return (variant, responses) => {
    expected ??= responses
    const different = responses.findIndex((response, kind) => response !== expected?.[kind])
    if (different === -1) return
    throw new BenchError(
      `${variant.name} responds ${responses[different]}, but the first server responds ${expected[different]}: ` +
        'servers can only be compared if their responses are equal.',
    )
  }
}
