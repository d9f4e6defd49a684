/** A failure that the operator can fix. The message says why it happened and what to do, so no stack trace is shown. */
export class ExplainedError extends Error {
  override readonly name: string = 'ExplainedError'
}
