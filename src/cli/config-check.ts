/** `config check`: everything wrong with the settings, without starting; and the settings in effect. */
import type { Command } from 'commander'
import { ConfigError } from '../config/config-error.ts'
import { collectSettings } from '../config/settings.ts'
import { showSettings } from '../config/show-settings.ts'
import { exitCodes, reportFailure } from './failure.ts'
import { print } from './output.ts'
import { checkStartupSettings } from './startup-settings.ts'

export function define(command: Command): void {
  command
    .description('Works with the settings.')
    .command('check')
    .summary('check the settings and show those in effect')
    .description(
      'Reports everything wrong with the settings in the environment and .env, as startup would, and shows the settings in ' +
        'effect, without secrets. It starts nothing and writes nothing.',
    )
    .addHelpText('after', '\nExit codes: 0 if the settings are valid, 78 if they are not.')
    .action(async () => {
      process.exitCode = await checkConfig()
    })
}

/** @returns the exit code */
async function checkConfig(): Promise<number> {
  const given = collectSettings(process.env)
  const settings = showSettings(given)
  const width = Math.max(...settings.map(({ name }) => name.length))
  const lines = settings.map(({ name, source, value }) => `  ${name.padEnd(width)}  ${source.padEnd(11)}  ${value}`)
  try {
    const { warnings } = await checkStartupSettings(given)
    for (const warning of warnings) print(`Warning: ${warning}`)
    print(`The settings are valid:\n${lines.join('\n')}`)
    return exitCodes.success
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const exitCode = reportFailure(error)
    for (const warning of given.warnings) print(`Warning: ${warning}`)
    print(`The settings as given:\n${lines.join('\n')}`)
    return exitCode
  }
}
