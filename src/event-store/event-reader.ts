/** The reading side of the seam: stored entries in order, with cursors to continue from. */
import { ExplainedError } from '../lib/errors.ts'
import type { StoredRecord } from './stored-record.ts'

/** Entries of a kind are stored only approximately in the order in which they were received: within this time. */
export const DISORDER_MS = 60 * 60 * 1000

export interface StoredEntry<Kind extends string = string> {
  readonly kind: Kind
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
  readonly record: StoredRecord & Readonly<Record<string, unknown>>
}

/** A gap between two entries of one kind. Only the store that issued it can read it; it survives restarts. */
export type Position = string

/** One position per kind, safe to keep as JSON. */
export type Cursor<Kind extends string = string> = { readonly [K in Kind]?: Position }

export interface ScannedEntry<Kind extends string = string> {
  readonly entry: StoredEntry<Kind>
  /** Where to continue after this entry. */
  readonly cursor: Cursor<Kind>
}

interface KindOptions<Kind extends string> {
  /** The kinds to read; all of them by default. */
  readonly kinds?: readonly Kind[] | undefined
}

export interface ScanOptions<Kind extends string> extends KindOptions<Kind> {
  /** A kind that the cursor leaves out is read from its first entry. */
  readonly after?: Cursor<Kind> | undefined
  /** Skips what was received before this time, in milliseconds since the epoch. */
  readonly since?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface FollowOptions<Kind extends string> extends ScanOptions<Kind> {
  readonly signal: AbortSignal
}

/** `after` reads forwards, oldest first. `before` reads backwards, newest first, by default from the last entry. */
export type PageOptions<Kind extends string> = KindOptions<Kind> & {
  readonly limit: number
  readonly signal?: AbortSignal | undefined
} & (
    | { readonly after: Cursor<Kind>; readonly since?: number | undefined }
    | { readonly before: Cursor<Kind>; readonly since?: never }
  )

export interface Page<Kind extends string = string> {
  readonly entries: readonly StoredEntry<Kind>[]
  /** Where the next page in the same direction begins. Reading from here in the other direction returns this page. */
  readonly cursor: Cursor<Kind>
}

/**
 * Reads what is stored. Within a kind, entries come in the order in which they were stored: none is skipped, none is
 * repeated. Kinds have no common order; they are merged by the time each entry was received.
 *
 * Every method throws PositionGoneError if entries after its position were deleted, and InvalidPositionError for a
 * position that this store did not issue.
 */
export interface EventReader<Kind extends string = string> {
  /** Reads forwards and ends at the last entry. */
  scan(options?: ScanOptions<Kind>): AsyncIterable<ScannedEntry<Kind>>
  /** Reads at most `limit` entries forwards or backwards. */
  read(options: PageOptions<Kind>): Promise<Page<Kind>>
  /** The cursor after the last entry of each kind. */
  end(options?: KindOptions<Kind>): Promise<Cursor<Kind>>
  /** Finds the latest entry stored under an id. */
  find(
    id: string,
    options?: KindOptions<Kind> & { signal?: AbortSignal | undefined },
  ): Promise<StoredEntry<Kind> | undefined>
  /** Reads forwards, then waits for new entries. Ends only when the signal aborts. */
  follow(options: FollowOptions<Kind>): AsyncIterable<ScannedEntry<Kind>>
  /**
   * Has the store report when entries are deleted before a reader has read them, and a day before.
   *
   * @returns a function that ends this
   */
  track(reader: TrackedReader<Kind>): () => void
}

/** A reader that must not lose entries unnoticed. */
export interface TrackedReader<Kind extends string = string> {
  /** As it appears in the service log. */
  readonly name: string
  /** Where the reader is now. */
  readonly cursor: () => Cursor<Kind>
}

/** What is known to be missing. Times are in milliseconds since the epoch. */
export interface Gap {
  readonly kind: string
  /** Nothing received before this time is missing. */
  readonly from: number
  /** When the next remaining entry was received; undefined if none remains. */
  readonly until: number | undefined
  /** Where to continue regardless; undefined if nothing remains, so continue from `end()`. */
  readonly resumeAt: Position | undefined
}

/** Entries between a position and the next remaining entry were deleted. */
export class PositionGoneError extends ExplainedError {
  override readonly name = 'PositionGoneError'
  readonly gap: Gap

  constructor(gap: Gap, options?: ErrorOptions) {
    const from = new Date(gap.from).toISOString()
    const until = gap.until === undefined ? 'now' : new Date(gap.until).toISOString()
    super(
      `Cannot continue reading ${gap.kind}: the entries at this position were deleted. ` +
        `Entries received between ${from} and ${until} may be missing.`,
      options,
    )
    this.gap = gap
  }
}

/** A position that this store did not issue. */
export class InvalidPositionError extends ExplainedError {
  override readonly name = 'InvalidPositionError'
}
