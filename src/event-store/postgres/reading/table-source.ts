import { DISORDER_MS, type Position, PositionGoneError, type StoredEntry } from '../../event-reader.ts'
import type { EntrySource } from '../../shared/entry-source.ts'
import { type EntryRow, type Rows, readBackwards, readForwards } from './entry-queries.ts'
import { formatPosition, type Head, type Place } from './position.ts'
import type { ReadConnection } from './read-connection.ts'

export interface TableSourceOptions<Kind extends string> {
  readonly kind: Kind
  readonly connection: ReadConnection
  readonly head: Head
  readonly direction: 'forwards' | 'backwards'
  /** Where to begin; undefined for the first entry, or the last one. */
  readonly from: Place | undefined
  readonly since?: number | undefined
  readonly maxRows: number
  readonly maxBytes: number
}

/** The entries of one kind in one direction, a page at a time. */
export class TableSource<Kind extends string> implements EntrySource<Kind> {
  readonly kind: Kind
  readonly #options: TableSourceOptions<Kind>
  #place: Place
  /** Nothing is missing before the first entry. */
  #mayBeGone: boolean
  #rows: readonly EntryRow[] = []
  #next = 0
  #head: StoredEntry<Kind> | undefined

  constructor(options: TableSourceOptions<Kind>) {
    const { kind, from, direction, head } = options
    this.kind = kind
    this.#options = options
    this.#mayBeGone = from !== undefined
    const end = { position: head.position, time: head.storedAt }
    this.#place = from ?? (direction === 'forwards' ? { position: 0, time: 0 } : end)
  }

  get head(): StoredEntry<Kind> | undefined {
    return this.#head
  }

  get position(): Position {
    return formatPosition(this.#options.head.store, this.#place)
  }

  async refill(): Promise<void> {
    if (this.#head) return
    if (this.#next >= this.#rows.length) {
      const { gone, entries } = await this.#read(this.#place)
      if (gone > this.#place.position) await this.#skip(gone)
      this.#mayBeGone = true
      this.#rows = entries
      this.#next = 0
    }
    const row = this.#rows[this.#next]
    this.#head = row && toEntry(this.kind, row)
  }

  advance(): void {
    const row = this.#rows[this.#next]
    if (!row || !this.#head) return
    const position = Number(row.position)
    const before = this.#options.direction === 'forwards' ? position : position - 1
    this.#place = { position: before, time: this.#head.receivedAt }
    this.#head = undefined
    this.#next += 1
  }

  async close(): Promise<void> {
    this.#rows = []
  }

  #read(from: Place): Promise<Rows> {
    const { kind, connection, direction, since, maxRows, maxBytes } = this.#options
    const options = { kind, from, since, maxRows, maxBytes }
    return direction === 'forwards'
      ? readForwards(connection, options, DISORDER_MS)
      : readBackwards(connection, options)
  }

  /** @param gone a position after this place, up to which entries were deleted. @throws PositionGoneError */
  async #skip(gone: number): Promise<void> {
    const { kind, connection, head } = this.#options
    if (!this.#mayBeGone) {
      this.#place = { position: gone, time: 0 }
      return
    }
    const rest = { kind, from: { position: gone, time: 0 }, maxRows: 1, maxBytes: 1 }
    const { entries } = await readForwards(connection, rest, DISORDER_MS)
    const until = entries[0] && toEntry(kind, entries[0]).receivedAt
    throw new PositionGoneError({
      kind,
      from: Math.max(0, this.#place.time - DISORDER_MS),
      until,
      resumeAt: until === undefined ? undefined : formatPosition(head.store, { position: gone, time: until }),
    })
  }
}

export function toEntry<Kind extends string>(kind: Kind, { id, record: text }: EntryRow): StoredEntry<Kind> {
  const record = JSON.parse(text) as StoredEntry['record']
  return { kind, id, receivedAt: Date.parse(record.received_at), record }
}
