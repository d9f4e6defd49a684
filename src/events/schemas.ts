/**
 * The four events as DigiReply sends them. All event types in the code are inferred from these schemas.
 * Objects are loose: fields that DigiReply adds in the future are accepted and kept.
 */
import { z } from 'zod'

const ID = 'must be a string or an integer up to 2^53-1'
const TEXT = 'must be a string, a number or a boolean'
const OBJECT = 'must be an object'

/** Larger integers are rejected, because JSON.parse would have rounded them. */
const id = z.union([z.string(), z.int(ID)], ID)

/** null counts as missing. */
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined)

const text = optional(z.union([z.string(), z.number(), z.boolean()], TEXT))

/** PHP encodes both an empty array and an empty object as `[]`. */
const isEmptyPhpArray = (value: unknown): boolean => Array.isArray(value) && value.length === 0

const ticketData = z.preprocess(
  (value) => (isEmptyPhpArray(value) ? {} : value),
  optional(z.looseObject({ name: text, email: text, description: text }, OBJECT)),
)

/** Kept unchanged, even if it is an empty PHP array. */
const botResponse = z.union([z.record(z.string(), z.unknown()), z.tuple([])], OBJECT)

export const webhookEvent = z.discriminatedUnion('event_type', [
  z.looseObject({
    event_type: z.literal('on_message_received'),
    bot_id: optional(id),
    visitor_id: optional(id),
    message: text,
    type: text,
    intent: text,
    timestamp: text,
  }),
  z.looseObject({
    event_type: z.literal('on_ticket_created'),
    bot_id: id,
    visitor_id: id,
    ticket_number: id,
    ticket_data: ticketData,
    timestamp: text,
  }),
  z.looseObject({
    event_type: z.literal('on_live_chat_requested'),
    bot_id: id,
    visitor_id: id,
    session_status: text,
    message: text,
    request_time: text,
    timestamp: text,
  }),
  z.looseObject({
    event_type: z.literal('before_response_sent'),
    bot_id: id,
    visitor_id: id,
    response: botResponse,
    message: text,
    source_type: text,
    intent: text,
    timestamp: text,
  }),
])

export type WebhookEvent = z.infer<typeof webhookEvent>
export type EventType = WebhookEvent['event_type']
type EventMap = { [Event in WebhookEvent as Event['event_type']]: Event }
export type EventOf<T extends EventType> = EventMap[T]

type PayloadMap = { [Payload in z.input<typeof webhookEvent> as Payload['event_type']]: Payload }
/** An event as DigiReply sends it, before validation. */
export type PayloadOf<T extends EventType> = PayloadMap[T]

/** The event types, in the order of the union. */
export const eventTypes: readonly EventType[] = webhookEvent.options.map((option) => option.shape.event_type.value)
