import type { Comparison } from './compare.ts'
import { type Spread, spreadOf } from './statistics.ts'
import { formatSpread, percent, table } from './table.ts'
import type { Measurement } from './trial.ts'

/** Formats comparisons as one Markdown table per number of connections. */
export function reportComparison(comparisons: readonly Comparison[]): string {
  const connections = [...new Set(comparisons.map((comparison) => comparison.connections))]
  const tables = connections.map((count) => {
    const group = comparisons.filter((comparison) => comparison.connections === count)
    const columns = columnsFor(group)
    const rows = group.map((comparison) => columns.map(({ cell }) => cell(comparison)))
    return `Connections: ${count}\n\n${table([columns.map(({ head }) => head), ...rows])}`
  })
  return [...tables, LEGEND].join('\n\n')
}

const LEGEND = `Medians, with the lowest and highest round in parentheses. Ratios are computed within each round.
Server, generator and others: how busy they kept the two cores; 100 % is one core. If the generator is near 100 %, it limits
events/s instead of the server. If others exceed 10 %, the ratios are not reliable: repeat the run on an idle machine.`

interface Column {
  readonly head: string
  cell(comparison: Comparison): string
}

function columnsFor(group: readonly Comparison[]): Column[] {
  const bare = group.find(({ variant }) => variant.mode === 'bare')
  const firstBuildOf = ({ variant }: Comparison) => group.find((other) => other.variant.mode === variant.mode)
  const severalBuilds = group.some((comparison) => firstBuildOf(comparison) !== comparison)
  return [
    { head: '', cell: ({ variant }) => variant.name },
    { head: 'CPU µs/event', cell: ({ measurements }) => formatSpread(spreadOf(measurements.map(cpuMicrosOf)), 1) },
    ...(bare ? [ratioColumn('× bare Fastify', () => bare, 2)] : []),
    ...(severalBuilds ? [ratioColumn('× first build', firstBuildOf, 3)] : []),
    medianColumn('events/s', ({ eventsPerSecond }) => eventsPerSecond, Math.round),
    medianColumn('p50 ms', ({ latencyMs }) => latencyMs.p50, milliseconds),
    medianColumn('p99 ms', ({ latencyMs }) => latencyMs.p99, milliseconds),
    medianColumn('server', ({ serverLoad }) => serverLoad, percent),
    medianColumn('generator', ({ generatorLoad }) => generatorLoad, percent),
    medianColumn('others', ({ othersLoad }) => othersLoad, percent),
  ]
}

function ratioColumn(head: string, baseOf: (comparison: Comparison) => Comparison | undefined, digits: number): Column {
  return {
    head,
    cell(comparison) {
      const base = baseOf(comparison)
      return base && base !== comparison ? formatSpread(ratioBetween(comparison, base), digits) : ''
    },
  }
}

function medianColumn(
  head: string,
  value: (measurement: Measurement) => number,
  format: (median: number) => string | number,
): Column {
  return { head, cell: ({ measurements }) => String(format(spreadOf(measurements.map(value)).median)) }
}

/** The ratio of the CPU times per event, round by round, since a disturbance in a round affects both sides. */
function ratioBetween({ measurements }: Comparison, base: Comparison): Spread {
  const baseMicros = base.measurements.map(cpuMicrosOf)
  return spreadOf(measurements.map(({ cpuMicros }, round) => cpuMicros / (baseMicros[round] ?? Number.NaN)))
}

function cpuMicrosOf({ cpuMicros }: Measurement): number {
  return cpuMicros
}

function milliseconds(value: number): string {
  return value.toFixed(2)
}
