import type { Handler } from './handler.ts'
import { hasValues, isObject, withoutFallbacks } from './record.ts'

const fallbacks = { name: 'Unknown', email: 'Unknown', description: '' }

/** A ticket was created through the chatbot. */
export const onTicketCreated: Handler<'on_ticket_created'> = {
  logFile: 'tickets.jsonl',

  examples: [
    {
      title: 'A ticket',
      payload: {
        event_type: 'on_ticket_created',
        bot_id: 21,
        visitor_id: 'v_76f4v2c3e13',
        ticket_number: 'TICKET123',
        ticket_data: { name: 'John Doe', email: 'john@example.com', description: 'Billing issue' },
        timestamp: '2025-04-26T10:32:10Z',
      },
    },
    {
      title: 'A ticket without a timestamp',
      payload: {
        event_type: 'on_ticket_created',
        bot_id: '21',
        visitor_id: 'v_123456',
        ticket_number: 'TIC-20250507-5320',
        ticket_data: { name: 'John Doe', email: 'john@example.com', description: 'Need help with integration' },
      },
    },
  ],

  async toRecord({ event_type: _, bot_id, visitor_id, ticket_number, ticket_data = {}, timestamp, ...rest }, projects) {
    const { name, email, description, ...moreData } = ticket_data
    const fields = {
      event: 'ticket.created',
      source: 'chatbot',
      data: {
        ticket_number,
        project_name: (await projects.nameOf(bot_id)) ?? 'Unknown Project',
        priority: 'medium',
        status: 'open',
        created_by: name ?? fallbacks.name,
        created_by_email: email ?? fallbacks.email,
        subject: name === undefined ? 'Support Ticket' : `Support Ticket from ${phpString(name)}`,
        description: description ?? fallbacks.description,
        bot_id,
        visitor_id,
      },
    }
    const extra = hasValues(moreData) ? { ticket_data: moreData, ...rest } : rest
    return { fields, eventTimestamp: timestamp, extra }
  },

  toEvent({ fields, eventTimestamp, extra: { ticket_data: moreData, ...rest } }) {
    const { bot_id, visitor_id, ticket_number, ...data } = isObject(fields.data) ? fields.data : {}
    const { created_by: name, created_by_email: email, description } = data
    const ticket_data = {
      ...withoutFallbacks({ name, email, description }, fallbacks),
      ...(isObject(moreData) && moreData),
    }
    return {
      ...rest,
      event_type: 'on_ticket_created',
      bot_id,
      visitor_id,
      ticket_number,
      ...(hasValues(ticket_data) && { ticket_data }),
      timestamp: eventTimestamp,
    }
  },
}

/** Converts a value to a string as the PHP sample does: true becomes "1" and false becomes "". */
function phpString(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? '1' : '') : String(value)
}
