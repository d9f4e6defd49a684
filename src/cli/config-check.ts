/** `config check`: validates the settings without starting the service, and shows their effective values. */
import type { Command } from 'commander'
import { ConfigError } from '../config/config-error.ts'
import { collectSettings } from '../config/settings.ts'
import { showSettings } from '../config/show-settings.ts'
import { exitCodes, reportFailure } from './failure.ts'
import { print } from './output.ts'
import { checkStartupSettings } from './startup-settings.ts'

export function define(command: Command): void {
  command
    .description('Commands for the settings.')
    .command('check')
    .summary('check the settings and show their effective values')
    .description(
      'Checks the settings in the environment and .env, as the service does at startup, and shows their effective ' +
        'values without secrets. It does not start the service or write any files.',
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
