/** Settings that have no effect because their names are misspelled. */
import { nearestName } from '../lib/nearest-name.ts'
import { settingNames } from './schema.ts'

/**
 * The environment is full of other programs' variables, such as LOGNAME, PORTS or DATABASE_HOST. A name counts as a
 * misspelled setting only if one edit turns it into a name of at least seven characters, or two into one of fourteen.
 */
const CHARACTERS_PER_EDIT_IN_ENVIRONMENT = 7

/** @returns a warning for each name in a file of settings that resembles a setting */
export function misspelledIn(file: string, names: readonly string[]): string[] {
  return names.flatMap((name) => warn(name, file, isSetting(name) ? undefined : nearestName(name, settingNames)))
}

/**
 * The same for the environment, where only a very similar name counts, and none whose setting is there as well: another
 * program has a similar one then.
 *
 * @param names the variables that are not empty
 */
export function misspelledInEnvironment(names: readonly string[]): string[] {
  const missing = settingNames.filter((setting) => !names.includes(setting))
  return names.flatMap((name) =>
    warn(
      name,
      'the environment',
      isSetting(name) ? undefined : nearestName(name, missing, CHARACTERS_PER_EDIT_IN_ENVIRONMENT),
    ),
  )
}

function isSetting(name: string): boolean {
  return (settingNames as readonly string[]).includes(name)
}

function warn(name: string, place: string, nearest: string | undefined): string[] {
  return nearest ? [`${name} in ${place} is not a known setting and was ignored. Did you mean ${nearest}?`] : []
}
