import type { Handler } from './handler.ts'
import { localTimestamp, storeAndAnswer } from './record.ts'

const LOG_FILE = 'webhook_log.jsonl'
const RECORDED = ['event_type', 'bot_id', 'visitor_id', 'message', 'type', 'intent']

/** A visitor wrote a message. */
export const onMessageReceived: Handler<'on_message_received'> = {
  logFile: LOG_FILE,

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

  async handle(received, services) {
    const { event, arrival } = received
    const record = {
      timestamp: localTimestamp(arrival.receivedAt),
      event_type: event.event_type,
      bot_id: event.bot_id ?? 'unknown',
      visitor_id: event.visitor_id ?? 'unknown',
      message: event.message ?? 'no message',
      type: event.type ?? 'unknown',
      intent: event.intent ?? 'none',
    }
    return storeAndAnswer(services, received, { file: LOG_FILE, record, recorded: RECORDED })
  },
}
