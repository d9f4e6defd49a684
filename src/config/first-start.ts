import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { ExplainedError, errorCode, explainSystemError } from '../lib/errors.ts'
import { ENV_FILE } from './env-file.ts'
import { SECRET_PLACEHOLDER } from './token.ts'
import type { Environment } from './tokens.ts'

const EXAMPLE_FILE = '.env.example'
const TOKEN_BYTES = 32

export interface FirstStart {
  readonly token: string
  /** Writes `.env.example`, with the token filled in, to `.env`. @throws ExplainedError if that fails */
  save(): void
}

/**
 * Generates a token, unless one is configured or this is production. It is saved only once the service is listening,
 * so a failed startup leaves nothing behind and the next one is again a first start.
 *
 * @param hasEnvFile whether `.env` exists
 */
export function planFirstStart(env: Environment, hasEnvFile: boolean): FirstStart | undefined {
  const isChosen = env.WEBHOOK_SECRET !== undefined || env.WEBHOOK_SECRET_FILE !== undefined
  if (env.NODE_ENV === 'production' || isChosen || hasEnvFile) return undefined
  const token = randomBytes(TOKEN_BYTES).toString('hex')
  return {
    token,
    save() {
      const example = existsSync(EXAMPLE_FILE)
        ? readFileSync(EXAMPLE_FILE, 'utf8')
        : `WEBHOOK_SECRET=${SECRET_PLACEHOLDER}\n`
      try {
        writeFileSync(ENV_FILE, example.replace(SECRET_PLACEHOLDER, token), { mode: 0o600, flag: 'wx' })
      } catch (cause) {
        // On a full disk an empty file remains, and the next startup would not count as the first.
        if (errorCode(cause) !== 'EEXIST') rmSync(ENV_FILE, { force: true })
        throw new ExplainedError(
          `Cannot write the generated token to ${ENV_FILE}: ${explainSystemError(cause)}.\n` +
            'Make this directory writable for this user, or set WEBHOOK_SECRET to the output of: openssl rand -hex 32',
          { cause },
        )
      }
    },
  }
}

export interface GuideOptions {
  readonly port: number
  readonly webhookPath: string
  readonly logDir: string
  readonly tls: unknown
}

/** The text printed on the first start: how to try the service, and what to enter in DigiReply. */
export function firstStartGuide({ port, webhookPath, logDir, tls }: GuideOptions) {
  const url = `${tls ? 'https' : 'http'}://localhost:${port}${webhookPath}`
  // The certificate is for the public name.
  const curl = tls ? 'curl --insecure' : 'curl'
  return `
  Your webhook is at     ${url}
  Its token is in        .env, as WEBHOOK_SECRET (generated just now, readable only by you)

  To try it, run this in the same directory in a second terminal:

    ${curl} ${url} \\
      -H "Authorization: Bearer $(node --env-file=.env -p process.env.WEBHOOK_SECRET)" \\
      -d '{"event_type":"on_message_received","message":"Hello!","intent":"greeting.hello"}'

  The response contains "Welcome! How can I assist you today?", and the event is then in ${logDir}/webhook_log.jsonl.

  In DigiReply, enter the public https address of this machine followed by ${webhookPath} as the webhook URL,
  and the token in .env, without the word Bearer, as the token.

`
}
