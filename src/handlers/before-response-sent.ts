import type { Handler } from './handler.ts'
import { localTimestamp, storeAndAnswer } from './record.ts'

const LOG_FILE = 'response_log.jsonl'
const RECORDED = ['event_type', 'bot_id', 'visitor_id', 'response', 'message', 'source_type']

/** The bot is about to answer a visitor. */
export const beforeResponseSent: Handler<'before_response_sent'> = {
  logFile: LOG_FILE,

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

  async handle(received, services) {
    const { event, arrival } = received
    const record = {
      timestamp: localTimestamp(arrival.receivedAt),
      event_type: event.event_type,
      bot_id: event.bot_id,
      visitor_id: event.visitor_id,
      response: event.response,
      message: event.message ?? 'no message',
      source_type: event.source_type ?? 'unknown',
    }
    return storeAndAnswer(services, received, { file: LOG_FILE, record, recorded: RECORDED })
  },
}
