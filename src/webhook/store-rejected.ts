import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import type { Arrival, Services } from '../handlers/handler.ts'
import { context, localTimestamp } from '../handlers/record.ts'
import type { HttpError } from '../http/http-errors.ts'

/**
 * Stores a rejected body, so that events of a type that DigiReply adds in the future are not lost.
 *
 * @throws StoreUnavailableError if it is not stored
 */
export async function storeRejected(
  { eventStore, environment }: Pick<Services, 'eventStore' | 'environment'>,
  { body, httpError, arrival }: { body: Buffer; httpError: HttpError; arrival: Arrival },
): Promise<void> {
  const id = randomUUID()
  const record = {
    timestamp: localTimestamp(arrival.receivedAt),
    ...httpError.body,
    ...(isUtf8(body) ? { body: body.toString() } : { body_base64: body.toString('base64') }),
    ...context(arrival, id, undefined, environment),
  }
  await eventStore.append({ kind: 'rejected', id, repeatable: false, record })
}
