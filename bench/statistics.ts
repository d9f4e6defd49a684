export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  return { median: medianOf(sorted), min: percentile(sorted, 0), max: percentile(sorted, 1) }
}

/** @param sorted in ascending order @param part from 0 to 1 @returns the nearest-rank percentile; 0 without values */
export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0
}

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length / 2
  return (percentile(sorted, 0.5) + (sorted[Math.floor(middle)] ?? 0)) / 2
}
