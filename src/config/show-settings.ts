import { existsSync } from 'node:fs'
import { parseClusterUrl } from '../databases/cluster-url.ts'
import { parseDatabaseUrl, withoutPassword } from '../databases/database-url.ts'
import { printableLine } from '../lib/printable.ts'
import { environmentName } from './config.ts'
import { mayBeSecret } from './file-setting.ts'
import { type SettingName, settingNames, settings } from './schema.ts'
import type { GivenSettings, Source } from './settings.ts'

export interface ShownSetting {
  readonly name: SettingName
  readonly source: Source
  /** A single line without secrets. */
  readonly value: string
}

/** A setting in the schema that is not secret. */
type PlainName = Exclude<keyof typeof settings.shape, 'TLS_CERT_FILE' | 'TLS_KEY_FILE'>

/** How to show the other settings, which are secret or point to a secret. */
const SHOW_SECRET = {
  WEBHOOK_SECRET: countCharacters,
  WEBHOOK_SECRET_FILE: showPath,
  WEBHOOK_SECRET_PREVIOUS: countCharacters,
  WEBHOOK_SECRET_PREVIOUS_FILE: showPath,
  TLS_CERT_FILE: showPath,
  TLS_KEY_FILE: showPath,
  DATABASE_URL: showDatabase(parseDatabaseUrl),
  EVENT_STORE_URL: showDatabase(parseClusterUrl),
} satisfies Record<Exclude<SettingName, PlainName>, (value: string) => string>

const NOT_SET = 'not set'

/** Lists all settings with their effective values, in the order of `.env.example`. Invalid ones are shown as given. */
export function showSettings(given: GivenSettings): ShownSetting[] {
  return settingNames.map((name) => ({
    name,
    source: given.sourceOf(name),
    value: printableLine(show(name, given), Number.POSITIVE_INFINITY),
  }))
}

function show(name: SettingName, { values, firstStart }: GivenSettings): string {
  const value = values[name]
  if (name === 'WEBHOOK_SECRET' && firstStart) return 'random, generated when the service first starts'
  if (name === 'APP_ENV') return environmentName(values)
  if (isPlain(name)) return showParsed(name, value)
  return value === undefined ? NOT_SET : SHOW_SECRET[name](value)
}

function isPlain(name: SettingName): name is PlainName {
  return name in settings.shape && !(name in SHOW_SECRET)
}

function showParsed(name: PlainName, given: string | undefined): string {
  const { success, data } = settings.shape[name].safeParse(given)
  if (!success) return given ?? NOT_SET
  if (data instanceof Map) return data.size > 0 ? JSON.stringify(Object.fromEntries(data)) : NOT_SET
  return data === undefined ? NOT_SET : String(data)
}

function showPath(path: string): string {
  return mayBeSecret(path) && !existsSync(path) ? 'set, but not shown because there is no such file' : path
}

function countCharacters(secret: string): string {
  return `set, ${secret.length} characters`
}

function showDatabase(parse: (url: string) => unknown): (url: string) => string {
  return (url) => {
    try {
      parse(url)
      return withoutPassword(url)
    } catch {
      return 'set, but not shown because it is invalid'
    }
  }
}
