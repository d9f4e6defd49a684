import type { Handler } from './handler.ts'
import { withoutFallbacks } from './record.ts'

const fallbacks = { session_status: 'unknown', message: 'no message', request_time: 'unknown' }

/** A visitor asked for a human. */
export const onLiveChatRequested: Handler<'on_live_chat_requested'> = {
  logFile: 'live_chat_log.jsonl',

  examples: [
    {
      title: 'A live chat request',
      payload: {
        event_type: 'on_live_chat_requested',
        bot_id: 21,
        visitor_id: 'v_76f4v2c3e13',
        session_status: 'pending',
        message: 'I need live support',
        request_time: '2025-04-26T10:32:10Z',
      },
    },
    {
      title: 'A live chat request without a time',
      payload: {
        event_type: 'on_live_chat_requested',
        bot_id: '21',
        visitor_id: 'v_123456',
        session_status: 'pending',
        message: 'I need live support',
      },
    },
  ],

  toRecord({ event_type, bot_id, visitor_id, session_status, message, request_time, timestamp, ...extra }) {
    const fields = {
      event_type,
      bot_id,
      visitor_id,
      session_status: session_status ?? fallbacks.session_status,
      message: message ?? fallbacks.message,
      request_time: request_time ?? fallbacks.request_time,
    }
    return { fields, eventTimestamp: timestamp, extra }
  },

  toEvent: ({ fields, eventTimestamp, extra }) => ({
    ...extra,
    ...withoutFallbacks(fields, fallbacks),
    timestamp: eventTimestamp,
  }),
}
