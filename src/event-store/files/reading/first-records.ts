import type { Stats } from 'node:fs'
import type { Identity } from '../line-format.ts'
import { type LogFile, OpenSegment } from './open-segment.ts'
import type { SegmentName } from './segment-name.ts'

/** A file under a name that belongs to a log. */
export interface FoundFile {
  readonly name: SegmentName
  readonly stats: Stats
}

interface Examined {
  readonly first: Identity | undefined
  /** How far the file was searched for it, in bytes on disk. */
  readonly end: number
}

/** Reads the first record of each file, and remembers it: it never changes, and there can be a thousand files. */
export class FirstRecords {
  readonly #log: LogFile
  #examined = new Map<string, Examined>()
  #previous: ReadonlyMap<string, Examined> = this.#examined

  constructor(log: LogFile) {
    this.#log = log
  }

  /** Starts another round. Files that the last round did not ask for are forgotten. */
  startRound(): void {
    this.#previous = this.#examined
    this.#examined = new Map()
  }

  /** Forgets everything, because a file turned out to be a different one. */
  clear(): void {
    this.#examined = new Map()
  }

  /** @returns undefined if the file holds no record, or its name now belongs to another file */
  async get(file: FoundFile): Promise<Identity | undefined> {
    const key = keyOf(file.stats)
    const examined = await this.#examine(file, this.#previous.get(key))
    if (examined) this.#examined.set(key, examined)
    return examined?.first
  }

  async #examine({ name, stats }: FoundFile, before: Examined | undefined): Promise<Examined | undefined> {
    const isSame = name.isCompressed ? before?.end === stats.size : before && before.end <= stats.size
    if (before?.first && isSame) return before
    const opened = await OpenSegment.open(this.#log, name)
    if (!opened) return undefined
    try {
      if ((await opened.handle.stat()).ino !== stats.ino) return undefined
      const end = await opened.readableEnd()
      return before?.end === end ? before : { first: await opened.readFirst(end), end }
    } finally {
      await opened.close()
    }
  }
}

/** An inode number is reused for a new file, but hardly ever with the same creation time. */
function keyOf({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev}:${ino}:${birthtimeMs}`
}
