import type { Telemetry } from '../../../telemetry.ts'
import type { TrackedReader } from '../../event-reader.ts'
import type { FileOperations } from '../file-operations.ts'
import { countUnread } from '../reading/count-unread.ts'
import { Segments } from '../reading/segments.ts'
import { compressFile } from './compress.ts'
import { listOldFiles, type OldFile } from './old-files.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** All in milliseconds. */
export interface CleanUpLimits {
  /** Files are compressed this long after they were last written; never by default. */
  readonly compressAfterMs: number | undefined
  /** Files are deleted this long after they were last written; never by default. */
  readonly deleteAfterMs: number | undefined
}

export interface CleanUpOptions<Kind extends string> {
  readonly directory: string
  readonly files: ReadonlyMap<Kind, string>
  readonly operations: FileOperations
  readonly limits: CleanUpLimits
  /** Retention does not wait for them, but reports what they lose. */
  readonly readers: Iterable<TrackedReader<Kind>>
  readonly telemetry: Telemetry
}

/** Compresses and deletes old files. */
export class CleanUp<Kind extends string> {
  readonly #options: CleanUpOptions<Kind>
  /** What was announced already: readers with the files that they will lose. */
  readonly #announced = new Set<string>()

  constructor(options: CleanUpOptions<Kind>) {
    this.#options = options
  }

  /** Does what is due now. Failures are reported. */
  async run(signal: AbortSignal): Promise<void> {
    const { directory, files, operations, telemetry } = this.#options
    const attempt = async (file: string, work: () => Promise<void>) => {
      if (signal.aborted) return
      await work().catch((error: unknown) => {
        if (!signal.aborted) telemetry.emit('cleanUpFailed', { file, error })
      })
    }
    for (const [kind, base] of files) {
      await attempt(base, async () => {
        for (const old of await listOldFiles(operations, directory, base)) {
          await attempt(old.name, () => this.#treat(kind, base, old, signal))
        }
      })
    }
  }

  async #treat(kind: Kind, base: string, file: OldFile, signal: AbortSignal): Promise<void> {
    const { operations, telemetry, limits } = this.#options
    const { compressAfterMs = Number.POSITIVE_INFINITY, deleteAfterMs = Number.POSITIVE_INFINITY } = limits
    const age = Date.now() - file.lastWritten
    if (age >= deleteAfterMs) {
      for (const reader of this.#options.readers) {
        const entries = await this.#countUnread(kind, base, file, reader)
        if (entries > 0) telemetry.emit('unreadEntriesDeleted', { reader: reader.name, file: file.name, entries })
      }
      await operations.unlink(file.path)
      telemetry.emit('logFileDeleted', { file: file.name, bytes: file.bytes })
      return
    }
    if (age >= deleteAfterMs - DAY_MS) {
      await this.#announce(kind, base, file, new Date(file.lastWritten + deleteAfterMs))
    }
    if (file.canBeCompressed && age >= compressAfterMs) {
      const { before, after } = await compressFile(operations, file.path, signal)
      telemetry.emit('logFileCompressed', { file: file.name, bytes: before, compressedBytes: after })
    }
  }

  /** Once for each reader and file. */
  async #announce(kind: Kind, base: string, file: OldFile, at: Date): Promise<void> {
    for (const reader of this.#options.readers) {
      const key = JSON.stringify([reader.name, file.name.replace(/\.gz$/, '')])
      if (this.#announced.has(key)) continue
      const entries = await this.#countUnread(kind, base, file, reader)
      if (entries === 0) continue
      this.#announced.add(key)
      this.#options.telemetry.emit('deletionAnnounced', { reader: reader.name, file: file.name, entries, at })
    }
  }

  #countUnread(kind: Kind, base: string, file: OldFile, { cursor }: TrackedReader<Kind>): Promise<number> {
    const { directory, operations } = this.#options
    const segments = new Segments({ operations, directory, base, committedEnd: () => undefined })
    return countUnread(segments, file.name, cursor()[kind])
  }
}
