import { constants } from 'node:fs'
import { basename, join } from 'node:path'
import { errorCode } from '../../lib/errors.ts'
import type { Telemetry } from '../../telemetry.ts'
import { DISORDER_MS } from '../event-reader.ts'
import type { FileOperations } from './file-operations.ts'
import { type Identity, parseIdentity, splitLines } from './line-format.ts'
import { readBackwards } from './read-backwards.ts'
import type { WindowLimits } from './replay-window.ts'
import { TORN_MARK } from './tail-repair.ts'

/**
 * Finds the given log files and the rotated files next to them, such as `tickets.jsonl.1` and `tickets.jsonl-20260329`.
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

export interface RecentIdsOptions {
  readonly operations: FileOperations
  readonly limits: WindowLimits
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Whether a stored id is repeatable. */
  readonly isRepeatable: (id: string) => boolean
  readonly telemetry: Telemetry
}

/**
 * Reads the ids of recently stored events, from the end of each log file back to the start of the window.
 *
 * @returns the newest ids within the window across all files, oldest first
 * @throws the operating system's error
 */
export async function readRecentIds(paths: readonly string[], options: RecentIdsOptions): Promise<Identity[]> {
  const { limits, now } = options
  const oldest = now - limits.ttlMs
  const sources = paths.map((path) => new NewestFirst(idsOfFile(path, oldest - DISORDER_MS, options)))
  const newestFirst: Identity[] = []
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

/** The ids of one file, newest block first. */
class NewestFirst {
  readonly #blocks: AsyncGenerator<Identity[]>
  #block: Identity[] = []

  constructor(blocks: AsyncGenerator<Identity[]>) {
    this.#blocks = blocks
  }

  get current(): Identity | undefined {
    return this.#block.at(-1)
  }

  take(): Identity | undefined {
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

/** Yields the ids of one file, last block first, each block in file order. Stops after reaching the given time. */
async function* idsOfFile(
  path: string,
  until: number,
  { operations, isRepeatable, telemetry }: RecentIdsOptions,
): AsyncGenerator<Identity[]> {
  const handle = await operations.open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') telemetry.emit('recentEventsUnreadable', { file: basename(path), error })
  })
  if (!handle) return
  try {
    const stats = await handle.stat()
    if (!stats.isFile() || stats.mtimeMs < until) return
    for await (const lines of readBackwards(handle, stats.size)) {
      const stored = splitLines(lines).flatMap(({ bytes }) => parseIdentity(bytes) ?? [])
      yield stored.filter(({ id }) => isRepeatable(id))
      // A block without any records was written before the service was installed, or the file is not a log.
      if ((stored[0]?.receivedAt ?? -Infinity) < until) return
    }
  } finally {
    await handle.close()
  }
}
