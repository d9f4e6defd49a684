import { join } from 'node:path'
import { identify } from '../../events/identity.ts'
import { logFileOf, recordKinds } from '../../handlers/index.ts'
import { HttpError } from '../../http/http-errors.ts'
import { decode } from '../../webhook/decode.ts'
import { findLine, sizeOf } from './logged-line.ts'

type Search = (record: Readonly<Record<string, unknown>>) => boolean

/** Where a body's record stands, and how it is told from the others. */
export interface Trace {
  /** The name of the log file. */
  readonly file: string
  readonly matches: Search
  /** Whether only a line that came after the sending can be meant. */
  readonly isNew: boolean
}

/** @returns where the service stores this body, or undefined if it is not decodable and not refused as such either */
export function trace(body: Uint8Array, status: number): Trace | undefined {
  const bytes = Buffer.from(body)
  try {
    const event = decode(bytes)
    const { eventId, repeatable } = identify(bytes, event)
    if (status !== 200) return undefined
    const matches: Search = ({ event_id }) => (repeatable ? event_id === eventId : event_id !== undefined)
    return { file: logFileOf(event.event_type), matches, isNew: !repeatable }
  } catch (error) {
    if (!(error instanceof HttpError) || status !== 400) return undefined
    const [text, base64] = [bytes.toString(), bytes.toString('base64')]
    const matches: Search = (record) => record.body === text || record.body_base64 === base64
    return { file: logFileOf('rejected'), matches, isNew: true }
  }
}

/** Notes how long the log files are before a sending. @returns sizes in bytes, by name */
export async function measure(logDir: string): Promise<ReadonlyMap<string, number>> {
  const files = recordKinds.map(logFileOf)
  return new Map(await Promise.all(files.map(async (file) => [file, await sizeOf(join(logDir, file))] as const)))
}

/**
 * Finds the line that the service logged for a body.
 *
 * @param before the files' sizes before the sending
 * @throws the operating system's error if the file cannot be read
 */
export function findLogged(logDir: string, { file, matches, isNew }: Trace, before: ReadonlyMap<string, number>) {
  return findLine(join(logDir, file), isNew ? (before.get(file) ?? 0) : 0, matches)
}
