import type { Handler } from './handler.ts'
import { localTimestamp, storeAndAnswer } from './record.ts'

const LOG_FILE = 'live_chat_log.jsonl'
const RECORDED = ['event_type', 'bot_id', 'visitor_id', 'session_status', 'message', 'request_time']

/** A visitor asked for a human. */
export const onLiveChatRequested: Handler<'on_live_chat_requested'> = {
  logFile: LOG_FILE,

  examples: [
    {
      title: 'A request for a live chat',
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
      title: 'A request for a live chat without a time',
      payload: {
        event_type: 'on_live_chat_requested',
        bot_id: '21',
        visitor_id: 'v_123456',
        session_status: 'pending',
        message: 'I need live support',
      },
    },
  ],

  async handle(received, services) {
    const { event, arrival } = received
    const record = {
      timestamp: localTimestamp(arrival.receivedAt),
      event_type: event.event_type,
      bot_id: event.bot_id,
      visitor_id: event.visitor_id,
      session_status: event.session_status ?? 'unknown',
      message: event.message ?? 'no message',
      request_time: event.request_time ?? 'unknown',
    }
    return storeAndAnswer(services, received, { file: LOG_FILE, record, recorded: RECORDED })
  },
}
