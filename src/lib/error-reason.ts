/** @returns the message of an error. Nothing else of it: a driver's error may hold the whole connection */
export function reasonOf(error: unknown): string {
  // A host with several addresses: an error for each, and no message of its own.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
