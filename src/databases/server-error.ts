import { errorCode, reasonOf } from '../lib/errors.ts'
import { printableLine } from '../lib/printable.ts'

/** UTF-16 units of a logged message from a server. */
const MAX_LENGTH = 300

/**
 * Makes an error that can be logged out of one from a driver or server, whose other fields can contain the values of a
 * statement, and whose text is not ours.
 *
 * @returns an error with the message as one printable line, and with the code
 */
export function loggableError(error: unknown): Error {
  const code = errorCode(error)
  const message = printableLine(reasonOf(error), MAX_LENGTH)
  return Object.assign(new Error(message), code !== undefined && { code })
}
