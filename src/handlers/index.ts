import type { EventType } from '../events/schemas.ts'
import { beforeResponseSent } from './before-response-sent.ts'
import type { Handler, Outcome, Received, Services } from './handler.ts'
import { onLiveChatRequested } from './on-live-chat-requested.ts'
import { onMessageReceived } from './on-message-received.ts'
import { onTicketCreated } from './on-ticket-created.ts'

type Handlers = { readonly [T in EventType]: Handler<T> }

/** The one table of events: whatever goes over all events goes over this. */
export const handlers: Handlers = {
  on_message_received: onMessageReceived,
  on_ticket_created: onTicketCreated,
  on_live_chat_requested: onLiveChatRequested,
  before_response_sent: beforeResponseSent,
}

/** Hands an event to the handler of its type. @throws EventLogUnavailable if it is not stored */
export function dispatch<T extends EventType>(type: T, received: Received<T>, services: Services): Promise<Outcome> {
  return handlers[type].handle(received, services)
}
