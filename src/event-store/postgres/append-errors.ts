/** What an error of an append says about its entries: https://www.postgresql.org/docs/current/errcodes-appendix.html */
import { DatabaseError } from '../../databases/postgres-client.ts'

/** The entries are visible on the primary, but a failover could lose them. Storing them again waits for the standby. */
export class UnconfirmedError extends Error {
  override readonly name = 'UnconfirmedError'

  constructor() {
    super('the wait for the synchronous standby was cancelled')
  }
}

/** Data exceptions, violated constraints, and exceeded limits such as that of an index entry. */
const DATA_ERROR = /^(?:22|23|54)/
/** Connection exceptions, an operator's intervention such as a shutdown, internal errors, completion unknown. */
const LOST_OUTCOME = /^(?:08|57P|XX|40003)/

/** Whether at least one of the entries can never be stored. The server works. */
export function isDataError(error: unknown): boolean {
  return error instanceof DatabaseError && DATA_ERROR.test(error.code ?? '')
}

/**
 * Whether it is certain that the entries are not stored. Only an error proves that the transaction was rolled back: when
 * the server panics, such as on a full disk, it may have been committed. A translated severity proves nothing.
 */
export function isOutcomeKnown(error: unknown): boolean {
  return error instanceof DatabaseError && error.severity === 'ERROR' && !LOST_OUTCOME.test(error.code ?? '')
}
