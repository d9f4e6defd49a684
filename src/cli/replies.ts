/** `npm run replies -- check <file> [<event>]`: checks a file of reply rules without starting the service. */
import { parseArgs } from 'node:util'
import { repliesFileLimits } from '../config/limits.ts'
import { eventTypes, type WebhookEvent } from '../events/schemas.ts'
import { handlers } from '../handlers/index.ts'
import { Refusal } from '../http/refusals.ts'
import { readContent } from '../lib/file-content.ts'
import { nearestName } from '../lib/nearest-name.ts'
import { printable } from '../lib/printable.ts'
import { compileRepliesFile } from '../replies/replies.ts'
import { checkRepliesFile, type RepliesFile, RepliesFileError } from '../replies/replies-file.ts'
import { decode } from '../webhook/decode.ts'
import { explainAnswer } from './explain-answer.ts'
import { UsageError } from './usage-error.ts'

const USAGE = `Usage: npm run replies -- check <file> [<event>]

  <file>   the file of reply rules, such as replies.json
  <event>  shows what the rules make of an event: a file that holds one as DigiReply sends it,
           or the name of an event, which takes the example of the documentation:
           ${eventTypes.join(', ')}`

const MAX_EVENT_BYTES = 16 * 1024 * 1024

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseCommandLine(args)
  if (values.help) return print(USAGE)
  const [command, file, eventName, ...more] = positionals
  if (command !== 'check' || file === undefined || more.length > 0) throw new UsageError(USAGE)

  const repliesFile = checkRepliesFile(await readContent(file, repliesFileLimits.maxBytes), file)
  print(`${file} is good: ${describe(repliesFile)}`)
  for (const warning of repliesFile.warnings) print(`Warning: ${warning}`)
  if (eventName === undefined) return
  const { title, event } = await findEvent(eventName)
  print(`\n${title}\n\n${explainAnswer(compileRepliesFile(repliesFile), event)}`)
}

function parseCommandLine(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { help: { type: 'boolean', short: 'h' } } })
  } catch {
    throw new UsageError(USAGE)
  }
}

function describe({ rules, standalone }: RepliesFile): string {
  const count = Object.values(rules).flat().length
  const order = standalone ? 'The built-in rules do not apply.' : 'The built-in rules apply first.'
  return `it has ${count} ${count === 1 ? 'rule' : 'rules'}. ${order}`
}

async function findEvent(name: string): Promise<{ title: string; event: WebhookEvent }> {
  const type = eventTypes.find((known) => known === name)
  if (type) {
    const [{ title, payload }] = handlers[type].examples
    return {
      title: `${title}, as the documentation shows ${type}:`,
      event: decode(Buffer.from(JSON.stringify(payload))),
    }
  }
  const content = await readContent(name, MAX_EVENT_BYTES)
  if ('unreadable' in content) {
    const nearest = nearestName(name, eventTypes)
    const help = nearest ? `Did you mean ${nearest}?` : `The events are ${eventTypes.join(', ')}.`
    throw new UsageError(`${content.unreadable} There is no event of that name either. ${help}`)
  }
  try {
    const event = decode(content.bytes)
    return { title: `The event ${event.event_type} of ${name}:`, event }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const details = (error.details ?? []).map(({ path, message }) => `\n  ${path}${path && ': '}${message}`)
    throw new UsageError(`${name} holds no event that the service accepts: ${error.answer.error}${details.join('')}`)
  }
}

function print(text: string): void {
  process.stdout.write(`${printable(text)}\n`)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isForUser = error instanceof RepliesFileError || error instanceof UsageError
  process.stderr.write(`${printable(isForUser ? error.message : String((error as Error).stack))}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
})
