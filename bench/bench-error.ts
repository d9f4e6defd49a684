/** The benchmark cannot run, or its result would be meaningless. The message is written for the user. */
export class BenchError extends Error {
  override readonly name = 'BenchError'
}
