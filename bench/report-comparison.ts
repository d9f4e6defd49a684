import type { Comparison } from './compare.ts'
import { type Spread, spreadOf } from './statistics.ts'
import { formatSpread, percent, table } from './table.ts'
import type { Measurement } from './trial.ts'

/** Lays a comparison out as one Markdown table per number of connections. */
export function reportComparison(comparisons: readonly Comparison[]): string {
  const connections = [...new Set(comparisons.map((comparison) => comparison.connections))]
  const tables = connections.map((count) => {
    const group = comparisons.filter((comparison) => comparison.connections === count)
    return `Connections: ${count}\n\n${table(comparisonRows(group))}`
  })
  return [...tables, LEGEND].join('\n\n')
}

const LEGEND = `Medians, with the lowest and highest round in parentheses. Ratios are taken round by round. Server and generator:
how busy their cores were with them. Where the generator is near 100 %, it limits events/s, and not the server.`

function comparisonRows(group: readonly Comparison[]): string[][] {
  const bare = group.find(({ variant }) => variant.mode === 'bare')
  const previous = (comparison: Comparison) =>
    group.find(({ variant }) => variant.mode === comparison.variant.mode) as Comparison
  const severalBuilds = group.some((comparison) => previous(comparison) !== comparison)
  const head = ['', 'CPU µs/event', '× bare Fastify', 'events/s', 'p50 ms', 'p99 ms', 'server', 'generator']
  if (severalBuilds) head.splice(3, 0, '× first build')
  const rows = group.map((comparison) => {
    const median = (value: (measurement: Measurement) => number) => spreadOf(comparison.measurements.map(value)).median
    const row = [
      comparison.variant.name,
      formatSpread(spreadOf(comparison.measurements.map(({ cpuMicros }) => cpuMicros)), 1),
      bare && bare !== comparison ? formatSpread(ratio(comparison, bare), 2) : '',
      String(Math.round(median(({ eventsPerSecond }) => eventsPerSecond))),
      median(({ latencyMs }) => latencyMs.p50).toFixed(2),
      median(({ latencyMs }) => latencyMs.p99).toFixed(2),
      percent(median(({ serverLoad }) => serverLoad)),
      percent(median(({ generatorLoad }) => generatorLoad)),
    ]
    const first = previous(comparison)
    if (severalBuilds) row.splice(3, 0, first === comparison ? '' : formatSpread(ratio(comparison, first), 3))
    return row
  })
  return [head, ...rows]
}

/** The ratio of CPU times per event, round by round: what disturbed a round disturbed both sides of it. */
export function ratio({ measurements }: Comparison, base: Comparison): Spread {
  return spreadOf(
    measurements.map(({ cpuMicros }, round) => cpuMicros / (base.measurements[round]?.cpuMicros ?? Number.NaN)),
  )
}
