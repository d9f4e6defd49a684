/**
 * The four events as DigiReply sends them. Every type of the service is inferred from here.
 * Objects are loose: what DigiReply adds tomorrow is accepted and kept.
 */
import { z } from 'zod'

const ID = 'must be a text or a whole number of at most 2^53-1'
const TEXT = 'must be a text'
const OBJECT = 'must be an object'

/** An integer beyond 2^53-1 would be rounded by JSON.parse: refused, never stored wrong. */
const id = z.union([z.string(), z.int(ID)], ID)

/** null counts as absent. */
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined)

const text = optional(z.union([z.string(), z.number(), z.boolean()], TEXT))

/** PHP encodes an empty array and an empty object alike, as `[]`. */
const isEmptyPhpArray = (value: unknown): boolean => Array.isArray(value) && value.length === 0

const ticketData = z.preprocess(
  (value) => (isEmptyPhpArray(value) ? {} : value),
  optional(z.looseObject({ name: text, email: text, description: text }, OBJECT)),
)

/** Kept exactly as it came, an empty PHP array too. */
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
/** An event as it is sent, before it is checked. */
export type PayloadOf<T extends EventType> = PayloadMap[T]

/** The names of the events, in the order of the union. */
export const eventTypes: readonly EventType[] = webhookEvent.options.map((option) => option.shape.event_type.value)
