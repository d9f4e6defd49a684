import { handlers } from '../../handlers/index.ts'
import { readContentSync } from '../../lib/file-content.ts'
import { JsonBodyError, parseJsonBody } from '../../webhook/json-body.ts'
import { UsageError } from '../failure.ts'
import type { SendOptions } from './options.ts'
import { asNewEvent, assign, createClock } from './payload.ts'

/** Larger than any body that the service can be set to take. */
const MAX_FILE_BYTES = 2 ** 29

/** @returns what gives the body to send, each time a new event unless told otherwise */
export function createBodies({ source, assignments, same }: SendOptions): () => Buffer {
  const raw = 'file' in source ? readEventFile(source.file) : undefined
  if (raw && same && assignments.length === 0) return () => raw
  const event = 'event' in source ? handlers[source.event].examples[0].payload : parseEvent(source.file, raw)
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
    throw new UsageError(`${path} is not an event: ${error.message}. ${AS_IT_IS}`)
  }
  throw new UsageError(`${path} does not hold a JSON object. ${AS_IT_IS}`)
}

const AS_IT_IS = 'Fix it, or send it as it is, with --same, to see it refused.'
