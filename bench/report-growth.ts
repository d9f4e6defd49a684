import type { Growth } from './grow.ts'
import { type Spread, spreadOf } from './statistics.ts'
import { formatSpread, table } from './table.ts'

/** Lays out CPU time per event by the number of events before, and how much it grew from the first to the last. */
export function reportGrowth(growths: readonly Growth[], windowEvents: number): string {
  const windows = growths[0]?.rounds[0]?.length ?? 0
  const rows = Array.from({ length: windows }, (_, window) => [
    `after ${((window + 1) * windowEvents).toLocaleString('en')} events`,
    ...growths.map(({ rounds }) => formatSpread(spreadOf(rounds.map((round) => round[window] ?? Number.NaN)), 1)),
  ])
  const bare = growths.find(({ variant }) => variant.mode === 'bare')
  return table([
    ['CPU µs/event', ...growths.map(({ variant }) => variant.name)],
    ...rows,
    ['growth', ...growths.map((growth) => formatGrowth(growthOf(growth)))],
    ...(bare ? [['growth of the ratio', ...growths.map((growth) => formatGrowth(growthOfRatio(growth, bare)))]] : []),
  ])
}

function growthOf({ rounds }: Growth): Spread {
  return spreadOf(rounds.map(growthIn))
}

/** Of the ratio to bare Fastify: what slowed the whole machine down cancels out. */
function growthOfRatio({ rounds }: Growth, bare: Growth): Spread {
  return spreadOf(rounds.map((round, index) => growthIn(round) / growthIn(bare.rounds[index] ?? [])))
}

/** @returns 1 where the last window costs what the first one did */
function growthIn(round: readonly number[]): number {
  return (round.at(-1) ?? Number.NaN) / (round[0] ?? Number.NaN)
}

function formatGrowth({ median, min, max }: Spread): string {
  const signed = (growth: number) => `${growth < 1 ? '−' : '+'}${Math.abs((growth - 1) * 100).toFixed(1)}`
  return `${signed(median)} % (${signed(min)} to ${signed(max)})`
}
