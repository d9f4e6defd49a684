import type {
  Cursor,
  EventReader,
  FollowOptions,
  Page,
  PageOptions,
  ScannedEntry,
  ScanOptions,
  StoredEntry,
  TrackedReader,
} from '../../event-reader.ts'
import type { EntrySource } from '../../shared/entry-source.ts'
import { closeAll, scanSources, takePage } from '../../shared/merge.ts'
import { WakeUps } from '../../shared/wake-ups.ts'
import type { CommittedEnd } from '../committed-end.ts'
import type { FileOperations } from '../file-operations.ts'
import { BackwardSource } from './backward-source.ts'
import { findEntry } from './find-entry.ts'
import { ForwardSource } from './forward-source.ts'
import { Segments } from './segments.ts'

export interface FileEventReaderOptions<Kind extends string> {
  readonly directory: string
  /** The name of the log file for each kind. */
  readonly files: ReadonlyMap<Kind, string>
  readonly operations: FileOperations
  /** How much of an appender's file can be read. By default, another process writes, and whole lines are read. */
  readonly committedEnd?: (kind: Kind) => CommittedEnd | undefined
  /** How often a follower looks for new entries, in milliseconds. */
  readonly pollMs: number
  /** Where readers are kept that retention reports on. */
  readonly tracked?: Set<TrackedReader<Kind>>
}

/** Reads what the file event store appends, in the same process or in another one. */
export class FileEventReader<Kind extends string> implements EventReader<Kind> {
  readonly #segments: ReadonlyMap<Kind, Segments>
  readonly #pollMs: number
  readonly #tracked: Set<TrackedReader<Kind>>
  readonly #wakeUps = new WakeUps()

  constructor(options: FileEventReaderOptions<Kind>) {
    const { directory, files, operations, committedEnd, pollMs, tracked = new Set() } = options
    this.#pollMs = pollMs
    this.#tracked = tracked
    const segmentsOf = (kind: Kind, base: string) =>
      new Segments({ operations, directory, base, committedEnd: () => committedEnd?.(kind) })
    this.#segments = new Map([...files].map(([kind, base]) => [kind, segmentsOf(kind, base)]))
  }

  /** Followers look for new entries at once. */
  wake(): void {
    this.#wakeUps.wakeAll()
  }

  async *scan(options: ScanOptions<Kind> = {}): AsyncGenerator<ScannedEntry<Kind>> {
    const sources = this.#forwards(options)
    try {
      yield* scanSources(sources, options.after ?? {}, options.signal)
    } finally {
      await closeAll(sources)
    }
  }

  async *follow(options: FollowOptions<Kind>): AsyncGenerator<ScannedEntry<Kind>> {
    const { signal } = options
    const sources = this.#forwards(options)
    try {
      while (!signal.aborted) {
        const seen = this.#wakeUps.count
        const startedAt = performance.now()
        let isAtEnd = true
        for await (const scanned of scanSources(sources, options.after ?? {}, signal)) {
          yield scanned
          // A kind that never ends must not keep the others waiting.
          isAtEnd = performance.now() - startedAt < this.#pollMs
          if (!isAtEnd) break
        }
        if (isAtEnd) await this.#wakeUps.sleep(seen, this.#pollMs, signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      await closeAll(sources)
    }
  }

  async read(options: PageOptions<Kind>): Promise<Page<Kind>> {
    return 'after' in options
      ? takePage(this.#forwards(options), 'forwards', options.after, options.limit)
      : takePage(this.#backwards(options), 'backwards', options.before, options.limit)
  }

  async end({ kinds }: { kinds?: readonly Kind[] | undefined } = {}): Promise<Cursor<Kind>> {
    const { cursor } = await takePage(this.#backwards({ kinds, before: {} }), 'backwards', {}, 0)
    return cursor
  }

  async find(
    id: string,
    { kinds, signal }: { kinds?: readonly Kind[] | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<StoredEntry<Kind> | undefined> {
    let latest: StoredEntry<Kind> | undefined
    for (const [kind, segments] of this.#of(kinds)) {
      const found = await findEntry(kind, segments, id, signal)
      if (found && !(latest && latest.receivedAt > found.receivedAt)) latest = found
    }
    return latest
  }

  track(reader: TrackedReader<Kind>): () => void {
    this.#tracked.add(reader)
    return () => void this.#tracked.delete(reader)
  }

  #forwards({ kinds, after, since, signal }: ScanOptions<Kind>): EntrySource<Kind>[] {
    return this.#of(kinds).map(
      ([kind, segments]) => new ForwardSource({ kind, segments, after: after?.[kind], since, signal }),
    )
  }

  #backwards({ kinds, before, signal }: { before: Cursor<Kind> } & Pick<ScanOptions<Kind>, 'kinds' | 'signal'>) {
    return this.#of(kinds).map(
      ([kind, segments]) => new BackwardSource({ kind, segments, before: before[kind], signal }),
    )
  }

  #of(kinds: readonly Kind[] | undefined): [Kind, Segments][] {
    return [...this.#segments].filter(([kind]) => !kinds || kinds.includes(kind))
  }
}
