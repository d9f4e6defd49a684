/** `npm run send`: sends an event to the webhook, and shows the answer and the line that was logged. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, populate } from 'dotenv'
import { ConfigError } from '../config/config.ts'
import { handlers } from '../handlers/index.ts'
import { printable } from '../lib/printable.ts'
import { findLogged, measure, trace } from './send/log-files.ts'
import { parseOptions, type SendOptions } from './send/options.ts'
import { asNewEvent, assign, createClock } from './send/payload.ts'
import { type Answer, NoAnswerError, post } from './send/post.ts'
import { findTarget, type Target } from './send/target.ts'
import { advise, describeAnswer, describeRequest, HELP, listEvents, summary } from './send/texts.ts'
import { isExpected } from './send/verdict.ts'
import { UsageError } from './usage-error.ts'

/** A service that hangs is given up after this. In milliseconds; its own limit for an answer is 10 s. */
const TIMEOUT_MS = 15_000

/** @returns the exit code */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  if (options === 'help' || options === 'list') {
    print(options === 'help' ? HELP : listEvents())
    return 0
  }
  const nextBody = bodies(options)
  const firstBody = nextBody()
  if (existsSync('.env')) populate(process.env as Record<string, string>, parse(readFileSync('.env')))
  const target = findTarget(options, process.env, existsSync('.env'))
  let asExpected = 0
  for (let sending = 1; sending <= options.repeat; sending++) {
    const body = sending === 1 ? firstBody : nextBody()
    if (await send(target, body, options, sending)) asExpected++
  }
  if (options.repeat > 1) print(`${asExpected} of ${options.repeat} answers were as expected.\n`)
  return asExpected === options.repeat ? 0 : 1
}

/** @returns whether the answer was the expected one */
async function send(target: Target, body: Buffer, options: SendOptions, sending: number) {
  const { url, token, logDir } = target
  if (sending === 1) print(describeRequest(url, body))
  const sizes = logDir === undefined ? new Map<string, number>() : await measure(logDir)
  const answer = await post(url, token, body, TIMEOUT_MS)
  const asExpected = isExpected(answer, options)
  if (sending > 1 && asExpected) {
    print(`${sending}. ${summary(answer)}\n`)
    return true
  }
  print(describeAnswer(answer))
  print(await describeLogged(target, body, answer, sizes))
  if (!asExpected) process.stderr.write(`${advise(answer, url, options.expect)}\n`)
  return asExpected
}

/** @returns what gives the body to send, each time a new event unless told otherwise */
function bodies({ source, assignments, same }: SendOptions): () => Buffer {
  const raw = 'file' in source ? readEventFile(source.file) : undefined
  if (raw && same && assignments.length === 0) return () => raw
  const event = 'file' in source ? parseEvent(source.file, String(raw)) : handlers[source.event].examples[0].payload
  const nextTime = createClock(Date.now)
  const applyAll = (payload: object) => assignments.reduce<unknown>(assign, payload)
  return () => {
    const changed = applyAll(event) as object
    // What was set counts for whether a time is needed, and stays when there is one.
    const sent = same ? changed : applyAll(asNewEvent(changed, nextTime()))
    return Buffer.from(JSON.stringify(sent))
  }
}

function readEventFile(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new UsageError(`--file cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}

function parseEvent(path: string, text: string): object {
  try {
    const event: unknown = JSON.parse(text)
    if (typeof event === 'object' && event !== null && !Array.isArray(event)) return event
  } catch {
    // Said below.
  }
  throw new UsageError(`${path} holds no JSON object. Mend it, or send it byte for byte with --same to see it refused.`)
}

async function describeLogged(
  { url, logDir }: Target,
  body: Buffer,
  { status }: Answer,
  sizes: ReadonlyMap<string, number>,
) {
  const found = trace(body, status)
  if (!found) return ''
  if (logDir === undefined) return `Its line stands in ${found.file}, in the LOG_DIR of the service at ${url.host}.\n`
  const path = join(logDir, found.file)
  try {
    const line = await findLogged(logDir, found, sizes)
    if (line !== undefined) return `${path}:\n${printable(line)}\n`
    return `${path} does not have its line: the service that answered uses another LOG_DIR.\n`
  } catch (error) {
    const reason = error instanceof Error ? error.message : error
    return `Its line stands in ${found.file}, in the service's LOG_DIR. Here, ${path} cannot be read: ${reason}\n`
  }
}

function print(text: string): void {
  process.stdout.write(text)
}

// Whoever reads the output may stop early (`| head`): the events are sent all the same.
process.stdout.on('error', () => {})

main().then(
  (exitCode) => {
    process.exitCode = exitCode
  },
  (error: unknown) => {
    if (error instanceof UsageError) process.stderr.write(`${error.message}\nHelp: npm run send -- --help\n`)
    else if (error instanceof ConfigError || error instanceof NoAnswerError) process.stderr.write(`${error.message}\n`)
    else process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
    process.exitCode = error instanceof UsageError || error instanceof ConfigError ? 2 : 1
  },
)
