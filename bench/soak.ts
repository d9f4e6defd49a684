import { setTimeout as sleep } from 'node:timers/promises'
import type { MemoryUse } from './server.ts'
import { type Tools, type Trial, withTrial } from './trial.ts'
import type { Variant } from './variants.ts'

export interface SoakOptions {
  readonly connections: number
  readonly minutes: number
  /** Events per second. */
  readonly rate: number
}

export interface MemorySample extends MemoryUse {
  /** Since the load started. */
  readonly seconds: number
}

export interface Soak {
  readonly variant: Variant
  readonly samples: readonly MemorySample[]
}

const SAMPLES = 20

/** Puts each variant under a constant load, and samples its memory use. @throws BenchError if a server fails */
export async function soak(
  tools: Tools,
  variants: readonly Variant[],
  options: SoakOptions,
  progress: (text: string) => void,
): Promise<Soak[]> {
  const soaks: Soak[] = []
  for (const variant of variants) {
    progress(`${variant.name}: ${options.rate} events/s for ${options.minutes} min`)
    const samples = await withTrial(tools, { ...variant, memoryProbe: true }, (trial) =>
      sampleUnderLoad(trial, options),
    )
    soaks.push({ variant, samples })
  }
  return soaks
}

async function sampleUnderLoad(trial: Trial, { connections, minutes, rate }: SoakOptions): Promise<MemorySample[]> {
  const startedAt = performance.now()
  const samples: MemorySample[] = []
  const sample = async () => {
    const seconds = (performance.now() - startedAt) / 1000
    samples.push({ seconds, ...(await trial.server.memory()) })
  }
  await sample()
  const load = trial.load({ connections, perSecond: rate, events: Math.round(minutes * 60 * rate) })
  const ended = load.then(() => 'ended')
  const interval = (minutes * 60_000) / SAMPLES
  while ((await Promise.race([ended, sleep(interval)])) !== 'ended') await sample()
  await sample()
  return samples
}
