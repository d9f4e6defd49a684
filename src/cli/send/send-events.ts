import { join } from 'node:path'
import { explainSystemError } from '../../lib/errors.ts'
import { print, printError } from '../output.ts'
import { createBodySource } from './bodies.ts'
import { findRecord, locateRecord, readSizes } from './find-record.ts'
import { isExpected } from './is-expected.ts'
import { describeRequest, describeResponse, summary } from './messages.ts'
import type { SendOptions } from './options.ts'
import { post, type WebhookResponse } from './post.ts'
import { suggestFix } from './suggest-fix.ts'
import { findTarget, type Target } from './target.ts'

/** In milliseconds. The service itself responds within 10 s, even if the disk stalls. */
const TIMEOUT_MS = 15_000

/**
 * Sends events one after another, and prints the responses.
 *
 * @returns whether every response was as expected
 * @throws UsageError, ConfigError before anything is sent; ExplainedError if there is no response
 */
export async function sendEvents(options: SendOptions): Promise<boolean> {
  const nextBody = createBodySource(options)
  const firstBody = nextBody()
  const target = findTarget(options, process.env)
  let asExpected = 0
  for (let number = 1; number <= options.repeat; number++) {
    const body = number === 1 ? firstBody : nextBody()
    if (await send(target, body, options, number)) asExpected++
  }
  if (options.repeat > 1) print(`${asExpected} of ${options.repeat} responses were as expected.`)
  return asExpected === options.repeat
}

/** @returns whether the response was as expected */
async function send(target: Target, body: Buffer, options: SendOptions, number: number): Promise<boolean> {
  const { url, token, certificate, logDir } = target
  if (number === 1) print(describeRequest(url, body))
  const sizes = logDir === undefined ? new Map<string, number>() : await readSizes(logDir)
  const response = await post(url, token, body, TIMEOUT_MS, certificate)
  const asExpected = isExpected(response, options)
  if (number > 1 && asExpected) {
    print(`${number}. ${summary(response)}`)
    return true
  }
  print(describeResponse(response))
  const record = await describeRecord(target, body, response, sizes)
  if (record !== undefined) print(record)
  if (!asExpected) printError(suggestFix(response, url, options.expect))
  return asExpected
}

async function describeRecord(
  { url, logDir, isInDatabase }: Target,
  body: Buffer,
  { status }: WebhookResponse,
  sizes: ReadonlyMap<string, number>,
): Promise<string | undefined> {
  const location = locateRecord(body, status)
  if (!location) return undefined
  if (isInDatabase)
    return 'The record is in the event database. To see it, run: digireply-receiver events list --json --limit 1'
  if (logDir === undefined) return `The record is in ${location.file} in the LOG_DIR of the service at ${url.host}.`
  const path = join(logDir, location.file)
  try {
    const line = await findRecord(logDir, location, sizes)
    if (line !== undefined) return `${path}:\n${line}`
    return `The record is not in ${path}, so the service that responded uses another LOG_DIR.`
  } catch (error) {
    const reason = explainSystemError(error)
    return `The record is in ${location.file} in the service's LOG_DIR. Cannot read ${path} here: ${reason}.`
  }
}
