import type { Handler } from './handler.ts'
import { withoutFallbacks } from './record.ts'

const fallbacks = { message: 'no message', source_type: 'unknown' }

/** The bot is about to answer a visitor. */
export const beforeResponseSent: Handler<'before_response_sent'> = {
  logFile: 'response_log.jsonl',

  examples: [
    {
      title: 'A response with the test intent "webhook"',
      payload: {
        event_type: 'before_response_sent',
        bot_id: 21,
        visitor_id: 'v_76f4v2c3e13',
        response: { response: 'Original response', type: 'text' },
        message: 'Test message',
        source_type: 'bot',
        intent: 'webhook',
        timestamp: '2025-04-26T10:40:15Z',
      },
    },
    {
      title: 'An error response, which is skipped',
      payload: {
        event_type: 'before_response_sent',
        bot_id: 21,
        visitor_id: 'v_76f4v2c3e13',
        response: { response: 'Something went wrong', type: 'error' },
        message: 'Test message',
        source_type: 'bot',
        timestamp: '2025-04-26T10:40:15Z',
      },
    },
  ],

  toRecord({ event_type, bot_id, visitor_id, response, message, source_type, timestamp, ...extra }) {
    const fields = {
      event_type,
      bot_id,
      visitor_id,
      response,
      message: message ?? fallbacks.message,
      source_type: source_type ?? fallbacks.source_type,
    }
    return { fields, eventTimestamp: timestamp, extra }
  },

  toEvent: ({ fields, eventTimestamp, extra }) => ({
    ...extra,
    ...withoutFallbacks(fields, fallbacks),
    timestamp: eventTimestamp,
  }),
}
