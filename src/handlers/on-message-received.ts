import type { Handler } from './handler.ts'
import { withoutFallbacks } from './record.ts'

const fallbacks = { bot_id: 'unknown', visitor_id: 'unknown', message: 'no message', type: 'unknown', intent: 'none' }

/** A visitor wrote a message. */
export const onMessageReceived: Handler<'on_message_received'> = {
  logFile: 'webhook_log.jsonl',

  examples: [
    {
      title: 'A message',
      payload: {
        event_type: 'on_message_received',
        bot_id: 21,
        visitor_id: 'v_76f4v2c3e13',
        message: 'Hello, I need help with billing.',
        type: 'text',
        intent: 'billing_inquiry',
        timestamp: '2025-04-26T10:30:45Z',
      },
    },
    {
      title: 'A greeting',
      payload: {
        event_type: 'on_message_received',
        bot_id: '21',
        visitor_id: 'v_123456',
        message: 'Hello!',
        intent: 'greeting.hello',
      },
    },
  ],

  toRecord({ event_type, bot_id, visitor_id, message, type, intent, timestamp, ...extra }) {
    const fields = {
      event_type,
      bot_id: bot_id ?? fallbacks.bot_id,
      visitor_id: visitor_id ?? fallbacks.visitor_id,
      message: message ?? fallbacks.message,
      type: type ?? fallbacks.type,
      intent: intent ?? fallbacks.intent,
    }
    return { fields, eventTimestamp: timestamp, extra }
  },

  toEvent: ({ fields, eventTimestamp, extra }) => ({
    ...extra,
    ...withoutFallbacks(fields, fallbacks),
    timestamp: eventTimestamp,
  }),
}
