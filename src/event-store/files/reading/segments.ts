import type { Stats } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { statIfPresent } from '../file-operations.ts'
import type { Identity } from '../line-format.ts'
import { FirstRecords, type FoundFile } from './first-records.ts'
import { type LogFile, OpenSegment } from './open-segment.ts'
import { isSameRecord } from './position.ts'
import type { Segment } from './segment.ts'
import { parseSegmentName, type SegmentName } from './segment-name.ts'
import { inOrder, withoutCopies } from './segment-order.ts'

export interface Opened {
  readonly opened: OpenSegment
  readonly first: Identity
}

/** How often to try again if files are being renamed. */
const ATTEMPTS = 20
/** How much longer to wait before each further attempt, in milliseconds: logrotate is done with a log in no time. */
const RETRY_MS = 5

/** The log files of one kind: the current one, and what rotations made of earlier ones. */
export class Segments {
  readonly #log: LogFile
  readonly #firstRecords: FirstRecords

  constructor(log: LogFile) {
    this.#log = log
    this.#firstRecords = new FirstRecords(log)
  }

  /**
   * Lists the files that hold a record, oldest first. A file and its compressed form, or a copy, count once.
   *
   * @throws the operating system's error
   */
  async list(): Promise<readonly Segment[]> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await setTimeout(attempt * RETRY_MS)
      const found = await this.#findFiles()
      const segments = await this.#identify(found)
      // Files that were renamed in the meantime can be missing, or appear twice.
      if (describe(await this.#findFiles()) === describe(found)) return inOrder(withoutCopies(segments))
    }
    throw new Error(`the files of ${this.#log.base} are renamed again and again`)
  }

  /**
   * Opens a listed file, even if it has been renamed or compressed since.
   *
   * @returns undefined if it was deleted
   * @throws the operating system's error, or why the file cannot be read
   */
  async open({ first, name, error }: Segment): Promise<Opened | undefined> {
    if (!first) throw error
    let current: SegmentName | undefined = name
    for (let attempt = 0; attempt < ATTEMPTS && current; attempt++) {
      const opened = await this.#openVerified(current, first)
      if (opened) return { opened, first }
      current = (await this.list()).find((listed) => listed.first && isSameRecord(listed.first, first))?.name
    }
    return undefined
  }

  /** Whether a file is still the one that records are appended to. */
  async isCurrent({ handle }: OpenSegment): Promise<boolean> {
    const [opened, current] = [await handle.stat(), await this.#stat(this.#log.base)]
    return opened.dev === current?.dev && opened.ino === current.ino
  }

  /** Describes the directory: as long as this stays the same, so does `list`. */
  async state(): Promise<string> {
    const { base, committedEnd } = this.#log
    const current = await this.#stat(base)
    return JSON.stringify([await this.#names(), current?.ino, current?.size, committedEnd()])
  }

  async #openVerified(name: SegmentName, first: Identity): Promise<OpenSegment | undefined> {
    const opened = await OpenSegment.open(this.#log, name)
    if (!opened) return undefined
    let isSame = false
    try {
      const found = await opened.readFirst(await opened.readableEnd())
      isSame = found !== undefined && isSameRecord(found, first)
    } finally {
      if (!isSame) await opened.close()
    }
    if (isSame) return opened
    this.#firstRecords.clear()
    return undefined
  }

  async #identify(files: readonly FoundFile[]): Promise<Segment[]> {
    this.#firstRecords.startRound()
    const segments: Segment[] = []
    for (const file of files) {
      const { name, stats } = file
      try {
        const first = await this.#firstRecords.get(file)
        if (first) segments.push({ name, size: stats.size, first })
      } catch (error) {
        segments.push({ name, size: stats.size, first: undefined, error })
      }
    }
    return segments
  }

  async #findFiles(): Promise<FoundFile[]> {
    const found: FoundFile[] = []
    for (const name of await this.#names()) {
      const stats = await this.#stat(name)
      const parsed = parseSegmentName(this.#log.base, name)
      if (stats?.isFile() && parsed) found.push({ name: parsed, stats })
    }
    return found
  }

  async #names(): Promise<string[]> {
    const { operations, directory, base } = this.#log
    return (await operations.readdir(directory)).filter((name) => parseSegmentName(base, name))
  }

  #stat(name: string): Promise<Stats | undefined> {
    return statIfPresent(this.#log.operations, join(this.#log.directory, name))
  }
}

function describe(files: readonly FoundFile[]): string {
  return JSON.stringify(files.map(({ name, stats }) => [name.name, stats.ino]).sort())
}
