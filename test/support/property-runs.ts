/** How often to try a property: less often when mutants are tested (see test/mutation/). */
export function propertyRuns(full: number): { numRuns: number } {
  return { numRuns: Math.ceil(full / Number(process.env.PROPERTY_RUNS_DIVISOR ?? 1)) }
}
