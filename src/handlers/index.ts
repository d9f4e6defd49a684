import { type EventType, eventTypes, type WebhookEvent, webhookEvent } from '../events/schemas.ts'
import { beforeResponseSent } from './before-response-sent.ts'
import type { Handler, Outcome, Received, RecordKind, Services } from './handler.ts'
import { onLiveChatRequested } from './on-live-chat-requested.ts'
import { onMessageReceived } from './on-message-received.ts'
import { onTicketCreated } from './on-ticket-created.ts'
import { makeRecord, splitRecord } from './record.ts'

type Handlers = { readonly [T in EventType]: Handler<T> }

/** The event registry: code that iterates over event types uses this table. */
export const handlers: Handlers = {
  on_message_received: onMessageReceived,
  on_ticket_created: onTicketCreated,
  on_live_chat_requested: onLiveChatRequested,
  before_response_sent: beforeResponseSent,
}

const recordKinds: readonly RecordKind[] = [...eventTypes, 'rejected']

/** @returns the name of the log file for a kind of record */
export function logFileOf(kind: RecordKind): string {
  return kind === 'rejected' ? 'rejected_log.jsonl' : handlers[kind].logFile
}

/** The name of the log file for each kind of record. */
export const logFiles: ReadonlyMap<RecordKind, string> = new Map(recordKinds.map((kind) => [kind, logFileOf(kind)]))

/**
 * Restores an event from its record.
 *
 * @returns the event as DigiReply sent it, or undefined if the record does not contain one of this type
 */
export function toEvent(type: EventType, record: Readonly<Record<string, unknown>>): WebhookEvent | undefined {
  const { data } = webhookEvent.safeParse(handlers[type].toEvent(splitRecord(record)))
  return data?.event_type === type ? data : undefined
}

/** Stores the record of an event, then creates the reply. @throws StoreUnavailableError if the record is not stored */
export async function dispatch<T extends EventType>(
  type: T,
  { event, identity, arrival }: Received<T>,
  { eventStore, applyRules, projects, environment }: Services,
): Promise<Outcome> {
  const { eventId: id, repeatable } = identity
  const parts = await handlers[type].toRecord(event, projects)
  const record = makeRecord(parts, arrival, id, environment)
  const result = await eventStore.append({ kind: type, id, repeatable, record })
  return { ...applyRules(event), result }
}
