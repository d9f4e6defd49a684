/** The benchmark cannot run here, or its result would be worthless. The message is written for whoever runs it. */
export class BenchError extends Error {
  override readonly name = 'BenchError'
}
