import type { RuleSet } from './rules.ts'

/** The replies that DigiReply's PHP sample gives. */
export const builtinRules: RuleSet = {
  on_message_received: [
    { name: 'built-in: greeting', when: { intent: 'greeting.hello' }, reply: 'Welcome! How can I assist you today?' },
  ],
  on_ticket_created: [
    { name: 'built-in: ticket created', reply: 'Ticket {{ticket_number}} has been created successfully.' },
  ],
  on_live_chat_requested: [
    {
      name: 'built-in: live chat requested',
      reply: 'Your live chat request has been received. An agent will assist you shortly.',
    },
  ],
  before_response_sent: [
    {
      name: 'built-in: webhook test',
      when: { intent: 'webhook' },
      set: { response: 'This is a webhook test.', source_type: 'webhook' },
    },
    { name: 'built-in: skip errors', when: { 'response.type': 'error' }, skip: true },
  ],
}
