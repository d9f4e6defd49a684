/** How often a property is tried: as often as it says, but less often for each mutant (test/mutation/). */
export function propertyRuns(full: number): { numRuns: number } {
  return { numRuns: Math.ceil(full / Number(process.env.PROPERTY_RUNS_DIVISOR ?? 1)) }
}
