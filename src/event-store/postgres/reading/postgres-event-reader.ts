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
import { StoreUnavailableError } from '../../event-store.ts'
import { scanSources, takePage } from '../../shared/merge.ts'
import { WakeUps } from '../../shared/wake-ups.ts'
import { findRow, readHead } from './entry-queries.ts'
import { formatPosition, type Head, parsePosition } from './position.ts'
import type { ReadConnection } from './read-connection.ts'
import { TableSource, type TableSourceOptions, toEntry } from './table-source.ts'

export interface PostgresEventReaderOptions<Kind extends string> {
  readonly kinds: readonly Kind[]
  readonly connection: ReadConnection
  /** How often a follower looks for entries of other receivers, in milliseconds. Those of this one wake it at once. */
  readonly pollMs: number
  /** How many entries of a kind are held in memory, and how many bytes of records. */
  readonly maxRows: number
  readonly maxBytes: number
}

type Source = Pick<TableSourceOptions<string>, 'direction' | 'since' | 'maxRows'>

/** Reads what any receiver has stored in the database. */
export class PostgresEventReader<Kind extends string> implements EventReader<Kind> {
  readonly #options: PostgresEventReaderOptions<Kind>
  readonly #wakeUps = new WakeUps()

  constructor(options: PostgresEventReaderOptions<Kind>) {
    this.#options = options
  }

  /** Followers look for new entries at once. */
  wake(): void {
    this.#wakeUps.wakeAll()
  }

  async *scan(options: ScanOptions<Kind> = {}): AsyncGenerator<ScannedEntry<Kind>> {
    const { after = {}, signal } = options
    yield* scanSources(this.#forwards(options, await this.#head()), after, signal)
  }

  async *follow(options: FollowOptions<Kind>): AsyncGenerator<ScannedEntry<Kind>> {
    const { after = {}, signal } = options
    let seen: { readonly head: Head; readonly sources: TableSource<Kind>[] } | undefined
    /** The head when everything had been read. */
    let read: Head | undefined
    while (!signal.aborted) {
      const wakeUps = this.#wakeUps.count
      try {
        const head = await this.#head()
        seen ??= { head, sources: this.#forwards(options, head) }
        if (read) parsePosition(formatPosition(read.store, { position: read.position, time: 0 }), head)
        if (head.position !== read?.position) yield* this.#scanFor(seen.sources, after, signal)
        read = head
      } catch (error) {
        if (signal.aborted) return
        // It may be a failover, so look again.
        if (!(error instanceof StoreUnavailableError)) throw error
      }
      await this.#wakeUps.sleep(wakeUps, this.#options.pollMs, signal)
    }
  }

  async read(options: PageOptions<Kind>): Promise<Page<Kind>> {
    const { limit, signal } = options
    signal?.throwIfAborted()
    const head = await this.#head()
    return 'after' in options
      ? takePage(this.#forwards(options, head, limit), 'forwards', options.after, limit)
      : takePage(this.#backwards(options.before, options.kinds, head, limit), 'backwards', options.before, limit)
  }

  async end({ kinds }: { kinds?: readonly Kind[] | undefined } = {}): Promise<Cursor<Kind>> {
    const { store, position, storedAt } = await this.#head()
    const end = formatPosition(store, { position, time: storedAt })
    return Object.fromEntries(this.#kinds(kinds).map((kind) => [kind, end])) as Cursor<Kind>
  }

  async find(
    id: string,
    { kinds, signal }: { kinds?: readonly Kind[] | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<StoredEntry<Kind> | undefined> {
    signal?.throwIfAborted()
    const row = await findRow(this.#options.connection, id, this.#kinds(kinds))
    return row && toEntry(row.kind as Kind, row)
  }

  /** Not implemented: entries are deleted from the tables without a report. */
  track(_reader: TrackedReader<Kind>): () => void {
    return () => {}
  }

  #head(): Promise<Head> {
    return readHead(this.#options.connection)
  }

  async *#scanFor(sources: TableSource<Kind>[], after: Cursor<Kind>, signal: AbortSignal) {
    for (let isAtEnd = false; !isAtEnd; ) {
      const startedAt = performance.now()
      isAtEnd = true
      for await (const scanned of scanSources(sources, after, signal)) {
        yield scanned
        // A kind that never ends must not keep the others waiting.
        isAtEnd = performance.now() - startedAt < this.#options.pollMs
        if (!isAtEnd) break
      }
    }
  }

  #forwards({ kinds, after = {}, since }: ScanOptions<Kind>, head: Head, limit?: number): TableSource<Kind>[] {
    const source = { direction: 'forwards', since, maxRows: this.#rows(limit) } as const
    return this.#kinds(kinds).map((kind) => this.#source(kind, after[kind], head, source))
  }

  #backwards(before: Cursor<Kind>, kinds: readonly Kind[] | undefined, head: Head, limit: number): TableSource<Kind>[] {
    const source = { direction: 'backwards', maxRows: this.#rows(limit) } as const
    return this.#kinds(kinds).map((kind) => this.#source(kind, before[kind], head, source))
  }

  #source(kind: Kind, from: string | undefined, head: Head, source: Source): TableSource<Kind> {
    const { connection, maxBytes } = this.#options
    const place = from === undefined ? undefined : parsePosition(from, head)
    return new TableSource({ ...source, kind, connection, head, from: place, maxBytes })
  }

  #rows(limit = this.#options.maxRows): number {
    return Math.max(1, Math.min(limit, this.#options.maxRows))
  }

  #kinds(kinds: readonly Kind[] | undefined): Kind[] {
    return this.#options.kinds.filter((kind) => !kinds || kinds.includes(kind))
  }
}
