import { constants } from 'node:fs'
import { basename, join } from 'node:path'
import { errorCode } from '../../lib/error-code.ts'
import type { Report } from './errors.ts'
import type { FileOperations } from './file-operations.ts'
import { readBackwards } from './read-backwards.ts'
import type { WindowLimits } from './redelivery-window.ts'
import { TORN_MARK } from './tail-repair.ts'

export interface StoredId {
  readonly id: string
  /** When it was received, in milliseconds since the epoch. */
  readonly receivedAt: number
}

/** Records stand nearly, not strictly, in the order of their times: reading goes on for so long past the window. */
const DISORDER_MS = 60 * 60 * 1000
const SHA256_LENGTH = 64
const LINE_FEED = 0x0a
/** More than the context takes up at the end of a line. */
const CONTEXT_BYTES = 700
/**
 * The context as it ends most lines. The brace behind it closes the record, and nothing but texts and numbers stand
 * between it and the id: so the id is the record's own, and no text or nested key that somebody sent.
 */
const CONTEXT =
  /"event_id":"([^"]*)",(?:"event_timestamp":(?:"(?:[^"\\]|\\.)*"|[\w.+-]+),)?"environment":"(?:[^"\\]|\\.)*","client_ip":"[^"\\]*","received_at":"([^"\\]*)"\}\s*$/

/**
 * Finds the files that hold what went into the given log files: these, and those that a rotation made of them
 * (`tickets.jsonl.1`, `tickets.jsonl-20260329`).
 *
 * @returns their paths
 */
export async function withRotatedFiles(
  operations: FileOperations,
  directory: string,
  files: readonly string[],
): Promise<string[]> {
  const names = await operations.readdir(directory)
  const belongs = (name: string) =>
    files.some((file) => name === file || [`${file}.`, `${file}-`].some((start) => name.startsWith(start)))
  return names.filter((name) => belongs(name) && !name.includes(TORN_MARK)).map((name) => join(directory, name))
}

/**
 * Reads back which events were stored lately, from the ends of the log files and no further than the window reaches.
 *
 * @param now milliseconds since the epoch
 * @returns the newest ids within the window over all files, oldest first
 * @param report hears of a file that cannot be read
 * @throws the operating system's error
 */
export async function readRecentIds(
  operations: FileOperations,
  paths: readonly string[],
  limits: WindowLimits,
  now: number,
  report: Report,
): Promise<StoredId[]> {
  const oldest = now - limits.ttlMs
  const sources = paths.map((path) => new NewestFirst(idsOfFile(operations, path, oldest - DISORDER_MS, report)))
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
async function* idsOfFile(
  operations: FileOperations,
  path: string,
  until: number,
  report: Report,
): AsyncGenerator<StoredId[]> {
  const handle = await operations.open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    const message = 'This file of older events cannot be read: redeliveries of them would be stored once more.'
    if (errorCode(error) !== 'ENOENT') report({ level: 'warn', file: basename(path), message, error })
  })
  if (!handle) return
  try {
    const stats = await handle.stat()
    if (!stats.isFile() || stats.mtimeMs < until) return
    for await (const block of readBackwards(handle, stats.size)) {
      const records = recordsIn(block.bytes)
      yield records.filter(({ id }) => id.length === SHA256_LENGTH)
      // A block without any record of ours is older than this log, or no log at all.
      if (oldestIn(records) < until) return
    }
  } finally {
    await handle.close()
  }
}

function oldestIn(records: readonly StoredId[]): number {
  return records[0]?.receivedAt ?? -Infinity
}

/** Every record of the receiver, those of events that cannot be told from a redelivery too: they carry a UUID. */
function recordsIn(lines: Buffer): StoredId[] {
  const records: StoredId[] = []
  for (let start = 0; start < lines.length; ) {
    const lineFeed = lines.indexOf(LINE_FEED, start)
    const end = lineFeed === -1 ? lines.length : lineFeed
    const record = recordIn(lines, start, end)
    if (record) records.push(record)
    start = end + 1
  }
  return records
}

/** Parsing every line would take seconds at the start: only those that end with something else are parsed. */
function recordIn(lines: Buffer, start: number, end: number): StoredId | undefined {
  const context = lines.toString('latin1', Math.max(start, end - CONTEXT_BYTES), end).match(CONTEXT)
  const [id, time] = context ? context.slice(1) : parseRecord(lines.toString('utf8', start, end))
  const receivedAt = Date.parse(String(time))
  return typeof id === 'string' && !Number.isNaN(receivedAt) ? { id, receivedAt } : undefined
}

function parseRecord(line: string): [id?: unknown, time?: unknown] {
  try {
    const record: Record<string, unknown> = JSON.parse(line)
    return [record.event_id, record.received_at]
  } catch {
    return []
  }
}
