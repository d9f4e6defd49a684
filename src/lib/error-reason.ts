/** @returns the message of an error and nothing else: a driver's error may contain the whole connection */
export function reasonOf(error: unknown): string {
  // A host with several addresses: one error for each, and an empty message.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
