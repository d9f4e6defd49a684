/** `send`: sends an event to the webhook, and shows the response and the stored record. */
import type { Command } from 'commander'
import { exitCodes } from './failure.ts'
import { print } from './output.ts'
import { listEvents } from './send/messages.ts'
import { parseOptions, type RawOptions } from './send/options.ts'
import { sendEvents } from './send/send-events.ts'

const EXAMPLES = `
Examples:
  digireply-receiver send on_ticket_created
  digireply-receiver send on_ticket_created --set ticket_data.name="Jane" --set bot_id=22
  digireply-receiver send on_message_received --url https://bot.example.com/webhook --token ...
  digireply-receiver send on_ticket_created --token-file /etc/digireply-receiver/webhook_secret
  digireply-receiver send --file event.json --same --repeat 2

Exit codes:
  0   every response was as expected: 200 with "status": "success" for a new event (with --same, for any event), or
      the status given with --expect and the service's "error" for it
  1   a response was not as expected, or there was none
  2   nothing was sent, because the command line is invalid
  78  nothing was sent, because the settings are invalid`

export function define(command: Command): void {
  command
    .description('Sends a DigiReply event to the webhook, and shows the response and the stored record.')
    .argument('[event]', 'the event type, such as on_ticket_created; see --list')
    .option('--list', 'list the event types and their log files')
    .option(
      '--set <field=value>',
      'set a field, as in ticket_data.name="Jane"; can be repeated. A value that is valid JSON (7, true, null, ' +
        '{"a":1}) is parsed as JSON, any other is a string',
      (assignment: string, previous: readonly string[] = []) => [...previous, assignment],
    )
    .option('--file <path>', 'send the event in this file')
    .option('--url <url>', 'send to this URL (default: the service on this machine)')
    .option('--token <token>', 'the bearer token (default: from the environment or .env)')
    .option('--token-file <path>', 'read the bearer token from this file')
    .option('--repeat <count>', 'send this many events, one after another', '1')
    .option(
      '--same',
      'send the event unchanged, without updating its time, so that the service stores it only once. A file is sent ' +
        'byte for byte',
    )
    .option('--expect <status>', 'expect this status', '200')
    .addHelpText('after', EXAMPLES)
    .action(async (event: string | undefined, options: RawOptions & { readonly list?: true }) => {
      if (options.list) print(listEvents())
      else if (!(await sendEvents(parseOptions(event, options)))) process.exitCode = exitCodes.failure
    })
}
