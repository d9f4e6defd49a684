import { hash, randomUUID } from 'node:crypto'
import type { WebhookEvent } from './schemas.ts'

export interface Identity {
  readonly eventId: string
  /** See {@link isRepeatable}. */
  readonly repeatable: boolean
}

const SHA256_HEX_LENGTH = 64

/** The fields that say when an event happened. */
export const timeFields = ['timestamp', 'request_time'] as const

/**
 * Tells whether the same bytes, arriving again, are this event delivered again: something in it must differ from event
 * to event, which is a time or a ticket number.
 */
export function isRepeatable(event: Readonly<Record<string, unknown>>): boolean {
  return [...timeFields, 'ticket_number'].some((field) => tellsEventsApart(event[field]))
}

/**
 * Names an event. DigiReply sends no delivery id, so the bytes themselves are the only name that survives a
 * redelivery.
 *
 * @param body the request's body, byte for byte
 * @returns the body's SHA-256 in hex for a repeatable event, else a random UUID
 */
export function identify(body: Uint8Array, event: WebhookEvent): Identity {
  const repeatable = isRepeatable(event)
  return { eventId: repeatable ? hash('sha256', body) : randomUUID(), repeatable }
}

/** Whether an event id made by {@link identify} belongs to a repeatable event. */
export function isRepeatableId(eventId: string): boolean {
  return eventId.length === SHA256_HEX_LENGTH
}

function tellsEventsApart(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && value !== '')
}
