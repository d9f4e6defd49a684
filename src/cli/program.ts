/** Parses the command line of `digireply-receiver` and runs the given command. */
import { Command, CommanderError } from 'commander'
import { version } from '../lib/version.ts'
import { exitCodes, reportFailure, UsageError } from './failure.ts'
import { print, printError } from './output.ts'

export const PROGRAM = 'digireply-receiver'

/** A module in this directory that adds the options, arguments and action of a command. */
interface CommandModule {
  define(command: Command): void
}

/** Only the module of the given command is loaded. */
const commands: readonly { name: string; summary: string; load: () => Promise<CommandModule> }[] = [
  { name: 'serve', summary: 'receive webhooks (same as npm start)', load: () => import('./serve.ts') },
  { name: 'send', summary: 'send an event to the webhook and show the response', load: () => import('./send.ts') },
  { name: 'events', summary: 'list, follow, show: see what is stored', load: () => import('./events.ts') },
  {
    name: 'replies',
    summary: 'check: check a replies file',
    load: () => import('./replies-check.ts'),
  },
  {
    name: 'config',
    summary: 'check: check the settings and show their effective values',
    load: () => import('./config-check.ts'),
  },
]

const EXAMPLES = `
Examples:
  ${PROGRAM} send on_ticket_created
  ${PROGRAM} events list --since 2h
  ${PROGRAM} replies check replies.json
  ${PROGRAM} config check
  ${PROGRAM} send --help

Exit codes: 0 success, 1 failure, 2 wrong usage, 78 invalid settings.`

/** Runs a command and sets the process's exit code. Never rejects. */
export async function run(args: readonly string[]): Promise<void> {
  const { program, helpHint } = createProgram()
  // `help send` is equivalent to `send --help`.
  const [first, ...others] = args
  const expanded = first === 'help' ? [...others, '--help'] : args
  try {
    await program.parseAsync(expanded, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? exitCodes.success : exitCodes.wrongUsage
      return
    }
    process.exitCode = reportFailure(error)
    if (error instanceof UsageError) printError(helpHint())
  }
}

function createProgram(): { program: Command; helpHint: () => string } {
  const program = new Command(PROGRAM)
    .description('Receives DigiReply webhooks, stores each event, and replies to the bot.')
    .version(version)
    .helpCommand(false)
    .showHelpAfterError(helpHintFor(PROGRAM))
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => print(text.trimEnd()),
      writeErr: (text) => printError(text.trimEnd()),
      outputError: (message, write) => write(withoutValue(message)),
    })
  for (const { name, summary } of commands) program.command(name).summary(summary)
  let running = PROGRAM
  program.hook('preSubcommand', async (_, command) => {
    running = `${PROGRAM} ${command.name()}`
    const module = await commands.find(({ name }) => name === command.name())?.load()
    module?.define(command.showHelpAfterError(helpHintFor(running)))
  })
  return { program, helpHint: () => helpHintFor(running) }
}

function helpHintFor(command: string): string {
  return `Run ${command} --help for its usage.`
}

/** Removes the value of a misspelt option, since it may be a token: `--tokn=...`. */
function withoutValue(message: string): string {
  return message.replace(/^(error: unknown option '(?:--[^'=]+|-[^-]))[\s\S]*'/, "$1'")
}
