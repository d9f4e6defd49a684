import { handlers } from '../../handlers/index.ts'
import { readContentSync } from '../../lib/file-content.ts'
import { JsonBodyError, parseJsonBody } from '../../webhook/json-body.ts'
import { UsageError } from '../failure.ts'
import type { SendOptions } from './options.ts'
import { createUniqueClock, setField, toNewEvent } from './payload.ts'

/** Larger than any body that the service can be configured to accept. */
const MAX_FILE_BYTES = 2 ** 29

/** @returns a function that returns the next body to send: a new event each time, unless `same` is set */
export function createBodySource({ source, assignments, same }: SendOptions): () => Buffer {
  const raw = 'file' in source ? readEventFile(source.file) : undefined
  if (raw && same && assignments.length === 0) return () => raw
  const event = 'event' in source ? handlers[source.event].examples[0].payload : parseEvent(source.file, raw)
  const nextTime = createUniqueClock(Date.now)
  const applyAll = (payload: object) => assignments.reduce<unknown>(setField, payload)
  return () => {
    const changed = applyAll(event) as object
    // Assignments apply before the time is updated, since they may make it necessary, and again after, to override it.
    const sent = same ? changed : applyAll(toNewEvent(changed, nextTime()))
    return Buffer.from(JSON.stringify(sent))
  }
}

function readEventFile(path: string): Buffer {
  const content = readContentSync(path, MAX_FILE_BYTES)
  if ('bytes' in content) return content.bytes
  throw new UsageError(`--file: ${content.unreadable}`)
}

function parseEvent(path: string, bytes: Buffer = Buffer.alloc(0)): object {
  try {
    const event = parseJsonBody(bytes)
    if (typeof event === 'object' && event !== null && !Array.isArray(event)) return event
  } catch (error) {
    if (!(error instanceof JsonBodyError)) throw error
    throw new UsageError(`${path} is not an event: ${error.message}. ${FIX_OR_SEND_UNCHANGED}`)
  }
  throw new UsageError(`${path} does not contain a JSON object. ${FIX_OR_SEND_UNCHANGED}`)
}

const FIX_OR_SEND_UNCHANGED = 'Fix it, or send it unchanged with --same to see it rejected.'
