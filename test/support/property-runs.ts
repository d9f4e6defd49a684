/** The number of runs of a property, which is smaller when mutants are tested (see test/mutation/). */
export function propertyRuns(full: number): { numRuns: number } {
  return { numRuns: Math.ceil(full / Number(process.env.PROPERTY_RUNS_DIVISOR ?? 1)) }
}
