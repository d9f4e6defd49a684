import type { EventType } from '../events/schemas.ts'
import { beforeResponseSent } from './before-response-sent.ts'
import type { Handler, Outcome, Received, Services } from './handler.ts'
import { onLiveChatRequested } from './on-live-chat-requested.ts'
import { onMessageReceived } from './on-message-received.ts'
import { onTicketCreated } from './on-ticket-created.ts'
import { makeRecord } from './record.ts'

type Handlers = { readonly [T in EventType]: Handler<T> }

/** The event registry: code that iterates over event types uses this table. */
export const handlers: Handlers = {
  on_message_received: onMessageReceived,
  on_ticket_created: onTicketCreated,
  on_live_chat_requested: onLiveChatRequested,
  before_response_sent: beforeResponseSent,
}

/** Stores an event's record, then answers the event. @throws EventLogUnavailable if it is not stored */
export async function dispatch<T extends EventType>(
  type: T,
  { event, identity, arrival }: Received<T>,
  { eventLog, answer, projects, environment }: Services,
): Promise<Outcome> {
  const { logFile, toRecord } = handlers[type]
  const parts = await toRecord(event, projects)
  const delivery = await eventLog.append({
    file: logFile,
    record: makeRecord(parts, arrival, identity.eventId, environment),
    repeatableId: identity.repeatable ? identity.eventId : undefined,
  })
  return { ...answer(event), delivery }
}
