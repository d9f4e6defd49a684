import type { Soak } from './soak.ts'
import { table } from './table.ts'

/** Formats memory use over time, one table per variant. */
export function reportSoak(soaks: readonly Soak[]): string {
  return soaks.map(({ variant, samples }) => `${variant.name}\n\n${table([head, ...samples.map(row)])}`).join('\n\n')
}

const head = ['minute', 'RSS MiB', 'live heap MiB', 'external MiB']

function row({ seconds, rss, heapUsed, external }: Soak['samples'][number]): string[] {
  return [(seconds / 60).toFixed(1), mebibytes(rss), mebibytes(heapUsed), mebibytes(external)]
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1)
}
