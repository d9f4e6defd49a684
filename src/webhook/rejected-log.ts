import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import type { EventLog } from '../event-store/files/event-log.ts'
import type { Arrival } from '../handlers/handler.ts'
import { context, localTimestamp } from '../handlers/record.ts'
import type { Refusal } from '../http/refusals.ts'

/** Where bodies go that no handler takes, so that an event type that DigiReply adds tomorrow is not lost. */
export const REJECTED_LOG_FILE = 'rejected_log.jsonl'

/** Keeps a refused body. @throws EventLogUnavailable if it is not stored */
export async function storeRejected(
  { eventLog, environment }: { eventLog: EventLog; environment: string },
  { body, refusal, arrival }: { body: Buffer; refusal: Refusal; arrival: Arrival },
): Promise<void> {
  const record = {
    timestamp: localTimestamp(arrival.receivedAt),
    ...refusal.body,
    ...(isUtf8(body) ? { body: body.toString() } : { body_base64: body.toString('base64') }),
    ...context(arrival, randomUUID(), undefined, environment),
  }
  await eventLog.append({ file: REJECTED_LOG_FILE, record })
}
