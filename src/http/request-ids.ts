import { randomBytes } from 'node:crypto'

/** The header that gives clients the id of their request in the service log. */
export const REQUEST_ID_HEADER = 'x-request-id'

/**
 * Creates a generator of request ids. They are unique across processes and restarts: a random part for the process and
 * a counter, which is cheaper than a random id for each request.
 */
export function createRequestIds(): () => string {
  const prefix = randomBytes(8).toString('hex')
  let count = 0
  return () => `${prefix}-${++count}`
}
