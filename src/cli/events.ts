/** `events`: shows what is stored, while the service runs or is stopped. */
import type { Command } from 'commander'
import { collectSettings } from '../config/settings.ts'
import type { StoredEntry } from '../event-store/event-reader.ts'
import { ExplainedError } from '../lib/errors.ts'
import { followEvents } from './events/follow.ts'
import { asJson, asLine } from './events/format.ts'
import { listEvents } from './events/list.ts'
import { withReader } from './events/open-reader.ts'
import { progressReport } from './events/progress.ts'
import { parseQuery, type RawQuery } from './events/query.ts'
import { describeEntry } from './events/show.ts'
import { exitCodes } from './failure.ts'
import { isTerminal, outputClosed, print } from './output.ts'

const EXAMPLES = `
Examples:
  digireply-receiver events list --since 2h
  digireply-receiver events list --type on_ticket_created --grep refund --json
  digireply-receiver events list --rejected --limit 5
  digireply-receiver events follow --visitor v_123456
  digireply-receiver events show 15466686f8497343c3e08b01a76a68c3b639d8f860e7aff889574238071f1b6c

Exit codes: 0 success, also if nothing matches; 1 failure, or no event with the id; 2 wrong usage.`

type Options = RawQuery & { readonly json?: true }

export function define(command: Command): void {
  command
    .description('Shows stored events. Works next to the running service and while it is stopped.')
    .addHelpText('after', EXAMPLES)
  addFilters(command.command('list').summary('list stored events, oldest first'))
    .description('Lists stored events, oldest first: one line each on a terminal, otherwise the records as JSON Lines.')
    .option('--limit <count>', 'only the newest ones, at most this many')
    .addHelpText('after', EXAMPLES)
    .action(list)
  addFilters(command.command('follow').summary('show events as they are stored'))
    .description('Shows events as they are stored, until it is interrupted. With --since, earlier ones come first.')
    .option('--limit <count>', 'end after this many')
    .addHelpText('after', EXAMPLES)
    .action(follow)
  command
    .command('show')
    .summary('show one event')
    .description('Shows a record, the event as DigiReply sent it, and what the current rules would answer.')
    .argument('<id>', 'the event_id in the record and in the service log')
    .addHelpText('after', EXAMPLES)
    .action(show)
}

function addFilters(command: Command): Command {
  const collect = (value: string, previous: readonly string[] = []) => [...previous, value]
  return command
    .option('--type <event>', 'only events of this type; can be repeated', collect)
    .option('--since <time>', 'received at or after: 2026-11-24, 2026-11-24T09:00 (local time), or 30m, 2h, 3d, 1w ago')
    .option('--until <time>', 'received before')
    .option('--bot <id>', 'only events of this bot')
    .option('--visitor <id>', 'only events of this visitor')
    .option('--grep <text>', 'only events with this text in any field, in upper or lower case')
    .option('--rejected', 'rejected requests instead of events')
    .option('--json', 'JSON Lines, even on a terminal')
}

async function list(options: Options): Promise<void> {
  const query = parseQuery(options, Date.now())
  const progress = progressReport()
  const show = printer(options)
  try {
    const isComplete = await withReader(collectSettings(process.env), (reader) =>
      listEvents(reader, query, {
        show: (entry) => {
          progress.clear()
          show(entry)
        },
        onRead: progress.count,
        signal: outputClosed,
      }),
    )
    if (!isComplete) process.exitCode = exitCodes.failure
  } catch (error) {
    if (!outputClosed.aborted) throw error
  } finally {
    progress.clear()
  }
}

async function follow(options: Options): Promise<void> {
  const query = parseQuery(options, Date.now())
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  const signal = AbortSignal.any([stopping.signal, outputClosed])
  await withReader(collectSettings(process.env), (reader) =>
    followEvents(reader, query, { show: printer(options), signal }),
  )
}

async function show(id: string): Promise<void> {
  const given = collectSettings(process.env)
  const entry = await withReader(given, (reader) => reader.find(id))
  if (!entry) throw new ExplainedError(`No event with the id ${id} is stored. List the events with: events list --json`)
  print(await describeEntry(entry, given.values.REPLIES_FILE))
}

function printer({ json }: Options) {
  const width = process.stdout.columns
  const isJson = json || !isTerminal()
  return (entry: StoredEntry) => print(isJson ? asJson(entry) : asLine(entry, width))
}
