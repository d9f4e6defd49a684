import { join } from 'node:path'
import { explainSystemError } from '../../lib/system-error.ts'
import { print, printError } from '../output.ts'
import { createBodies } from './bodies.ts'
import { findLogged, measure, trace } from './log-files.ts'
import type { SendOptions } from './options.ts'
import { post, type ReceivedAnswer } from './post.ts'
import { findTarget, type Target } from './target.ts'
import { advise, describeAnswer, describeRequest, summary } from './texts.ts'
import { isExpected } from './verdict.ts'

/** A service that hangs is given up after this. In milliseconds; its own limit for an answer is 10 s. */
const TIMEOUT_MS = 15_000

/**
 * Sends events, one after the other, and shows what comes back.
 *
 * @returns whether every answer was the expected one
 * @throws UsageError, ConfigError before anything is sent; ExplainedError if no answer comes
 */
export async function sendEvents(options: SendOptions): Promise<boolean> {
  const nextBody = createBodies(options)
  const firstBody = nextBody()
  const target = findTarget(options, process.env)
  let asExpected = 0
  for (let sending = 1; sending <= options.repeat; sending++) {
    const body = sending === 1 ? firstBody : nextBody()
    if (await send(target, body, options, sending)) asExpected++
  }
  if (options.repeat > 1) print(`${asExpected} of ${options.repeat} answers were as expected.`)
  return asExpected === options.repeat
}

/** @returns whether the answer was the expected one */
async function send(target: Target, body: Buffer, options: SendOptions, sending: number): Promise<boolean> {
  const { url, token, logDir } = target
  if (sending === 1) print(describeRequest(url, body))
  const sizes = logDir === undefined ? new Map<string, number>() : await measure(logDir)
  const answer = await post(url, token, body, TIMEOUT_MS)
  const asExpected = isExpected(answer, options)
  if (sending > 1 && asExpected) {
    print(`${sending}. ${summary(answer)}`)
    return true
  }
  print(describeAnswer(answer))
  const logged = await describeLogged(target, body, answer, sizes)
  if (logged !== undefined) print(logged)
  if (!asExpected) printError(advise(answer, url, options.expect))
  return asExpected
}

async function describeLogged(
  { url, logDir }: Target,
  body: Buffer,
  { status }: ReceivedAnswer,
  sizes: ReadonlyMap<string, number>,
): Promise<string | undefined> {
  const found = trace(body, status)
  if (!found) return undefined
  if (logDir === undefined) return `Its line is in ${found.file}, in the LOG_DIR of the service at ${url.host}.`
  const path = join(logDir, found.file)
  try {
    const line = await findLogged(logDir, found, sizes)
    if (line !== undefined) return `${path}:\n${line}`
    return `${path} does not have its line: the service that answered uses another LOG_DIR.`
  } catch (error) {
    const reason = explainSystemError(error)
    return `Its line is in ${found.file}, in the service's LOG_DIR. Here, ${path} cannot be read: ${reason}.`
  }
}
