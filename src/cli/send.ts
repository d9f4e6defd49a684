/** `send`: sends an event to the webhook, and shows the answer and the line that was logged. */
import type { Command } from 'commander'
import { exitCodes } from './failure.ts'
import { print } from './output.ts'
import { parseOptions, type RawOptions } from './send/options.ts'
import { sendEvents } from './send/send-events.ts'
import { listEvents } from './send/texts.ts'

const EXAMPLES = `
Examples:
  digireply-receiver send on_ticket_created
  digireply-receiver send on_ticket_created --set ticket_data.name="Jane" --set bot_id=22
  digireply-receiver send on_message_received --url https://bot.example.com/webhook --token ...
  digireply-receiver send --file event.json --same --repeat 2

Exit codes:
  0   every answer was the expected one: 200 with "status": "success" to a new event (with --same, to any event), or
      the status of --expect with the service's own "error" for it
  1   one was not, or none came
  2   nothing was sent: the command line is wrong
  78  nothing was sent: the settings are invalid`

export function define(command: Command): void {
  command
    .description('Sends a DigiReply event to the webhook, and shows the answer and the line that was logged.')
    .argument('[event]', 'the type of the event, such as on_ticket_created; --list shows them all')
    .option('--list', 'show the events that can be sent, and their log files')
    .option(
      '--set <field=value>',
      'change a field, such as ticket_data.name="Jane"; may be repeated. A value that is JSON (7, true, null, {"a":1}) is ' +
        'taken as JSON, any other as text',
      (assignment: string, previous: readonly string[] = []) => [...previous, assignment],
    )
    .option('--file <path>', 'send the event in this file')
    .option('--url <url>', 'send to this address (default: the service on this machine)')
    .option('--token <token>', 'the bearer token (default: the one in the environment or .env)')
    .option('--repeat <count>', 'send this many events, one after the other', '1')
    .option(
      '--same',
      'send the event as it is, without a fresh time: the same event each time, which the service stores once. A file is ' +
        'sent byte for byte',
    )
    .option('--expect <status>', 'expect this status', '200')
    .addHelpText('after', EXAMPLES)
    .action(async (event: string | undefined, options: RawOptions & { readonly list?: true }) => {
      if (options.list) print(listEvents())
      else if (!(await sendEvents(parseOptions(event, options)))) process.exitCode = exitCodes.failure
    })
}
