import type { Growth } from './grow.ts'
import { type Spread, spreadOf } from './statistics.ts'
import { formatSpread, table } from './table.ts'

/**
 * Formats the CPU time per event by the number of preceding events, followed by the growth since the first window: in
 * the last one, and in the worst one, since costs may fall again (for example after a hash table is rebuilt).
 */
export function reportGrowth(growths: readonly Growth[], windowEvents: number): string {
  const windows = growths[0]?.rounds[0]?.length ?? 0
  const costs = Array.from({ length: windows }, (_, window) => [
    `after ${((window + 1) * windowEvents).toLocaleString('en')} events`,
    ...growths.map(({ rounds }) => formatSpread(spreadOf(rounds.map((round) => round[window] ?? Number.NaN)), 1)),
  ])
  const bare = growths.find(({ variant }) => variant.mode === 'bare')
  return table([
    ['CPU µs/event', ...growths.map(({ variant }) => variant.name)],
    ...costs,
    ...growthRows('growth', growths),
    ...(bare ? growthRows('growth of the ratio', growths, bare) : []),
  ])
}

function growthRows(name: string, growths: readonly Growth[], bare?: Growth): string[][] {
  const byWindow = growths.map((growth) => growthByWindow(growth, bare))
  const last = byWindow.map((windows) => windows.at(-1) as Spread)
  const worst = byWindow.map((windows) => windows.reduce((a, b) => (b.median > a.median ? b : a)))
  return [
    [`${name}, last`, ...last.map(formatGrowth)],
    [`${name}, worst`, ...worst.map(formatGrowth)],
  ]
}

/**
 * @param bare bare Fastify, to factor out what slowed down the whole machine
 * @returns for each window, its cost divided by that of the first one, round by round
 */
function growthByWindow({ rounds }: Growth, bare?: Growth): Spread[] {
  const growthOf = (round: readonly number[] = [], window = 0) =>
    (round[window] ?? Number.NaN) / (round[0] ?? Number.NaN)
  return (rounds[0] ?? []).map((_, window) =>
    spreadOf(rounds.map((round, index) => growthOf(round, window) / (bare ? growthOf(bare.rounds[index], window) : 1))),
  )
}

function formatGrowth({ median, min, max }: Spread): string {
  const signed = (growth: number) => `${growth < 1 ? '−' : '+'}${Math.abs((growth - 1) * 100).toFixed(1)}`
  return `${signed(median)} % (${signed(min)} to ${signed(max)})`
}
