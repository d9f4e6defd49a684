import { createHash, randomUUID } from 'node:crypto'
import type { WebhookEvent } from './schemas.ts'

export interface Identity {
  readonly eventId: string
  /** Whether the same bytes, arriving again, are this event delivered again. */
  readonly repeatable: boolean
}

/**
 * Names an event. DigiReply sends no delivery id, so the bytes themselves are the only name that survives a
 * redelivery; they tell two events apart only if something in them differs from event to event.
 *
 * @param body the request's body, byte for byte
 * @returns the body's SHA-256 in hex for an event that carries a time or a ticket number, else a random UUID
 */
export function identify(body: Uint8Array, event: WebhookEvent): Identity {
  const repeatable = [event.timestamp, event.request_time, event.ticket_number].some(tellsEventsApart)
  return { eventId: repeatable ? createHash('sha256').update(body).digest('hex') : randomUUID(), repeatable }
}

function tellsEventsApart(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && value !== '')
}
