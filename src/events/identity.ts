import { hash, randomUUID } from 'node:crypto'
import type { WebhookEvent } from './schemas.ts'

export interface Identity {
  readonly eventId: string
  /** See {@link isRepeatable}. */
  readonly repeatable: boolean
}

const SHA256_HEX_LENGTH = 64

/** The fields that contain the time of an event. */
export const timeFields = ['timestamp', 'request_time'] as const

/**
 * Decides whether identical bytes that arrive later are a redelivery of this event. They are only if it contains a
 * value that differs between events: a time or a ticket number.
 */
export function isRepeatable(event: Readonly<Record<string, unknown>>): boolean {
  return [...timeFields, 'ticket_number'].some((field) => isDistinctive(event[field]))
}

/**
 * Creates the id of an event. DigiReply sends no delivery id, so the bytes of the body are the only thing that a
 * redelivery has in common with the original.
 *
 * @param body the raw body of the request
 * @returns the body's SHA-256 in hex for a repeatable event, otherwise a random UUID
 */
export function identify(body: Uint8Array, event: WebhookEvent): Identity {
  const repeatable = isRepeatable(event)
  return { eventId: repeatable ? hash('sha256', body) : randomUUID(), repeatable }
}

/** Whether an event id created by {@link identify} belongs to a repeatable event. */
export function isRepeatableId(eventId: string): boolean {
  return eventId.length === SHA256_HEX_LENGTH
}

function isDistinctive(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && value !== '')
}
