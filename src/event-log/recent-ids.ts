import { constants } from 'node:fs'
import { errorCode, type FileOperations } from './file-operations.ts'
import { readBackwards } from './read-backwards.ts'
import type { WindowLimits } from './redelivery-window.ts'

export interface StoredId {
  readonly id: string
  /** When it was received, in milliseconds since the epoch. */
  readonly receivedAt: number
}

/** Records stand nearly, not strictly, in the order of their times: reading goes on for so long past the window. */
const DISORDER_MS = 60 * 60 * 1000
const ID_KEY = '"event_id":"'
const TIME_KEY = '"received_at":"'
const SHA256_LENGTH = 64
const ISO_LENGTH = '2025-04-26T10:30:45.123Z'.length

/**
 * Reads back which events were stored lately, from the ends of the log files and no further than the window reaches.
 *
 * @param now milliseconds since the epoch
 * @returns the newest ids within the window over all files, oldest first
 * @throws the operating system's error
 */
export async function readRecentIds(
  operations: FileOperations,
  paths: readonly string[],
  limits: WindowLimits,
  now: number,
): Promise<StoredId[]> {
  const oldest = now - limits.ttlMs
  const sources = paths.map((path) => new NewestFirst(idsOfFile(operations, path, oldest - DISORDER_MS)))
  const newestFirst: StoredId[] = []
  try {
    while (newestFirst.length < limits.maxEvents) {
      let newest: NewestFirst | undefined
      for (const source of sources) {
        if (!source.current) await source.refill()
        if (source.current && (newest?.current?.receivedAt ?? -Infinity) < source.current.receivedAt) newest = source
      }
      const found = newest?.take()
      if (!found) break
      if (found.receivedAt > oldest) newestFirst.push(found)
    }
  } finally {
    for (const source of sources) await source.close()
  }
  return newestFirst.reverse()
}

/** One file's ids, a block at a time. */
class NewestFirst {
  readonly #blocks: AsyncGenerator<StoredId[]>
  #block: StoredId[] = []

  constructor(blocks: AsyncGenerator<StoredId[]>) {
    this.#blocks = blocks
  }

  get current(): StoredId | undefined {
    return this.#block.at(-1)
  }

  take(): StoredId | undefined {
    return this.#block.pop()
  }

  async refill(): Promise<void> {
    while (this.#block.length === 0) {
      const next = await this.#blocks.next()
      if (next.done) return
      this.#block = next.value
    }
  }

  async close(): Promise<void> {
    await this.#blocks.return(undefined)
  }
}

/** The ids in one file, the last block first, each block in the file's order; it ends past the given time. */
async function* idsOfFile(operations: FileOperations, path: string, until: number): AsyncGenerator<StoredId[]> {
  const handle = await operations.open(path, constants.O_RDONLY).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (!handle) return
  try {
    const { size } = await handle.stat()
    for await (const block of readBackwards(handle, size)) {
      const ids = idsInLines(block.bytes.toString('latin1'))
      const isPastTheWindow = ids[0] !== undefined && ids[0].receivedAt < until
      yield ids
      if (isPastTheWindow) return
    }
  } finally {
    await handle.close()
  }
}

function idsInLines(lines: string): StoredId[] {
  const ids: StoredId[] = []
  for (let start = 0; start < lines.length; ) {
    const end = lines.indexOf('\n', start)
    const next = end === -1 ? lines.length : end + 1
    const found = idInLine(lines.slice(start, next))
    if (found) ids.push(found)
    start = next
  }
  return ids
}

/**
 * Parsing every line would take seconds at the start. A quote inside a text is escaped, so `"event_id":"` can only be
 * a key; where it stands once, it is the record's own.
 */
function idInLine(line: string): StoredId | undefined {
  const idAt = line.indexOf(ID_KEY)
  if (idAt === -1) return undefined
  const timeAt = line.indexOf(TIME_KEY, idAt)
  const unambiguous =
    timeAt !== -1 && line.indexOf(ID_KEY, idAt + 1) === -1 && line.indexOf(TIME_KEY) === line.lastIndexOf(TIME_KEY)
  const { event_id, received_at } = unambiguous
    ? { event_id: textAt(line, idAt + ID_KEY.length), received_at: textAt(line, timeAt + TIME_KEY.length, ISO_LENGTH) }
    : parseRecord(line)
  const receivedAt = Date.parse(String(received_at))
  if (typeof event_id !== 'string' || event_id.length !== SHA256_LENGTH || Number.isNaN(receivedAt)) return undefined
  return { id: event_id, receivedAt }
}

function textAt(line: string, start: number, length = line.indexOf('"', start) - start): string {
  return line.slice(start, start + length)
}

function parseRecord(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line)
  } catch {
    return {}
  }
}
