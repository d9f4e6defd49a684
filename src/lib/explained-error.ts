/** A failure that the operator can do something about. The message says why and what to do, so no stack is shown. */
export class ExplainedError extends Error {
  override readonly name: string = 'ExplainedError'
}
