import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Environment, SECRET_PLACEHOLDER } from './tokens.ts'

const TOKEN_BYTES = 32

/**
 * Writes `.env` from `.env.example` with a random token, where nobody has chosen one and it is no production.
 *
 * @param folder where both files stand
 * @returns whether it did
 */
export function writeFirstEnvFile(folder: string, env: Environment): boolean {
  const path = join(folder, '.env')
  const chosen = env.WEBHOOK_SECRET !== undefined || env.WEBHOOK_SECRET_FILE !== undefined
  if (env.NODE_ENV === 'production' || chosen || existsSync(path)) return false
  const example = readExample(join(folder, '.env.example'))
  const token = randomBytes(TOKEN_BYTES).toString('hex')
  writeFileSync(path, example.replace(SECRET_PLACEHOLDER, token), { mode: 0o600, flag: 'wx' })
  return true
}

function readExample(path: string): string {
  const minimal = `WEBHOOK_SECRET=${SECRET_PLACEHOLDER}\n`
  return existsSync(path) ? readFileSync(path, 'utf8') : minimal
}

/** What a first start tells: how to try it, and what to enter in DigiReply. */
export function firstStartGuide(port: number, webhookPath: string): string {
  const url = `http://localhost:${port}${webhookPath}`
  return `
  Your webhook runs at   ${url}
  Its token stands in    .env, as WEBHOOK_SECRET (made just now, readable by you alone)

  Try it, from this folder in a second terminal:

    curl ${url} \\
      -H "Authorization: Bearer $(sed -n 's/^WEBHOOK_SECRET=//p' .env)" \\
      -d '{"event_type":"on_message_received","message":"Hello!","intent":"greeting.hello"}'

  It answers "Welcome! How can I assist you today?", and the event stands in logs/webhook_log.jsonl.

  In DigiReply, enter as webhook URL the public https address of this machine, followed by ${webhookPath},
  and as token the one in .env, without the word Bearer.

`
}
