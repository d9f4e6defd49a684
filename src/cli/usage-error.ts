/** The command line or a file it names is wrong: nothing was done. The message says what to mend. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
