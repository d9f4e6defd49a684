/** `replies check`: validates a replies file without starting the service. */
import type { Command } from 'commander'
import type { WebhookEvent } from '../events/schemas.ts'
import { handlers } from '../handlers/index.ts'
import { HttpError } from '../http/http-errors.ts'
import { readContent } from '../lib/file-content.ts'
import { compileRepliesFile } from '../replies/replies.ts'
import type { RepliesFile } from '../replies/replies-file.ts'
import { decode } from '../webhook/decode.ts'
import { findEventType, unknownEvent } from './event-names.ts'
import { explainReply } from './explain-reply.ts'
import { UsageError } from './failure.ts'
import { print } from './output.ts'
import { readRepliesFile } from './read-replies-file.ts'

const MAX_EVENT_BYTES = 16 * 1024 * 1024

const EXAMPLES = `
Examples:
  digireply-receiver replies check replies.json
  digireply-receiver replies check replies.json on_message_received
  digireply-receiver replies check replies.json event.json

Exit codes: 0 if the file is valid, 1 if it is not, 2 for wrong usage.`

export function define(command: Command): void {
  command
    .description('Commands for replies files.')
    .command('check')
    .summary('check a replies file')
    .description('Checks a file of reply rules and, given an event, shows which rules apply to it and the reply.')
    .argument('<file>', 'the file of reply rules, such as replies.json')
    .argument(
      '[event]',
      "a file that contains an event as DigiReply sends it, or an event type, to use the example from DigiReply's " +
        'documentation',
    )
    .addHelpText('after', EXAMPLES)
    .action(checkReplies)
}

async function checkReplies(file: string, eventName: string | undefined): Promise<void> {
  const repliesFile = await readRepliesFile(file)
  print(`${file} is valid: ${describe(repliesFile)}`)
  for (const warning of repliesFile.warnings) print(`Warning: ${warning}`)
  if (eventName === undefined) return
  const { title, event } = await findEvent(eventName)
  print(`\n${title}\n\n${explainReply(compileRepliesFile(repliesFile), event)}`)
}

function describe({ rules, standalone }: RepliesFile): string {
  const count = Object.values(rules).flat().length
  const order = standalone ? 'The built-in rules do not apply.' : 'The built-in rules apply first.'
  return `${count} ${count === 1 ? 'rule' : 'rules'}. ${order}`
}

async function findEvent(name: string): Promise<{ title: string; event: WebhookEvent }> {
  const type = findEventType(name)
  if (type) {
    const [{ title, payload }] = handlers[type].examples
    return {
      title: `${title} (the documented example of ${type}):`,
      event: decode(Buffer.from(JSON.stringify(payload))),
    }
  }
  const content = await readContent(name, MAX_EVENT_BYTES)
  if ('unreadable' in content) {
    throw new UsageError(`${content.unreadable} It is not an event type either. ${unknownEvent(name)}`)
  }
  try {
    const event = decode(content.bytes)
    return { title: `The ${event.event_type} event in ${name}:`, event }
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    const details = (error.details ?? []).map(({ path, message }) => `\n  ${path}${path && ': '}${message}`)
    throw new UsageError(`${name} does not contain a valid event: ${error.response.error}${details.join('')}`)
  }
}
