import { join } from 'node:path'
import { identify } from '../../events/identity.ts'
import { logFileOf, logFiles } from '../../handlers/index.ts'
import { HttpError } from '../../http/http-errors.ts'
import { decode } from '../../webhook/decode.ts'
import { findLine, sizeOf } from './find-line.ts'

type Predicate = (record: Readonly<Record<string, unknown>>) => boolean

/** Where the service stores a body's record, and how to recognize it. */
export interface RecordLocation {
  /** The name of the log file. */
  readonly file: string
  readonly matches: Predicate
  /** Whether to consider only lines that were appended after the request was sent. */
  readonly isNew: boolean
}

/** @returns where the service stores this body, or undefined if a response with this status means that it does not */
export function locateRecord(body: Uint8Array, status: number): RecordLocation | undefined {
  const bytes = Buffer.from(body)
  try {
    const event = decode(bytes)
    const { eventId, repeatable } = identify(bytes, event)
    if (status !== 200) return undefined
    const matches: Predicate = ({ event_id }) => (repeatable ? event_id === eventId : event_id !== undefined)
    return { file: logFileOf(event.event_type), matches, isNew: !repeatable }
  } catch (error) {
    if (!(error instanceof HttpError) || status !== 400) return undefined
    const [text, base64] = [bytes.toString(), bytes.toString('base64')]
    const matches: Predicate = (record) => record.body === text || record.body_base64 === base64
    return { file: logFileOf('rejected'), matches, isNew: true }
  }
}

/** @returns the current sizes of the log files in bytes, by name */
export async function readSizes(logDir: string): Promise<ReadonlyMap<string, number>> {
  const files = [...logFiles.values()]
  return new Map(await Promise.all(files.map(async (file) => [file, await sizeOf(join(logDir, file))] as const)))
}

/**
 * Finds the line that the service stored for a body.
 *
 * @param before the files' sizes before the request
 * @throws a system error if the file cannot be read
 */
export function findRecord(
  logDir: string,
  { file, matches, isNew }: RecordLocation,
  before: ReadonlyMap<string, number>,
) {
  return findLine(join(logDir, file), isNew ? (before.get(file) ?? 0) : 0, matches)
}
