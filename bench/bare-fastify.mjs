/**
 * The baseline that the service is compared with: Fastify with its defaults parses the same JSON, sends the same
 * responses, and does nothing else. Plain JavaScript, so that Node.js runs it directly, like the built service.
 */
import Fastify from 'fastify'

const replies = {
  on_message_received: () => ({ status: 'success' }),
  on_ticket_created: ({ ticket_number }) => ({
    status: 'success',
    action: 'override_response',
    response: `Ticket ${ticket_number} has been created successfully.`,
  }),
  on_live_chat_requested: () => ({
    status: 'success',
    action: 'override_response',
    response: 'Your live chat request has been received. An agent will assist you shortly.',
  }),
  before_response_sent: ({ response }) => ({
    status: 'success',
    action: 'override_response',
    response: { ...response, response: 'This is a webhook test.', source_type: 'webhook' },
  }),
}

const fastify = Fastify()
fastify.post('/webhook', (request, reply) => {
  reply.send(replies[request.body.event_type](request.body))
})
console.log(`listening at ${await fastify.listen({ host: '127.0.0.1', port: 0 })}`)
