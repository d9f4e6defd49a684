import type { Position, StoredEntry } from '../event-reader.ts'

/** The entries of one kind in one direction, read as far as they are asked for. */
export interface EntrySource<Kind extends string> {
  readonly kind: Kind
  /** The next entry, if it has been read already. */
  readonly head: StoredEntry<Kind> | undefined
  /** Reads the next entry if there is no head. If there still is none afterwards, this is the end for now. */
  refill(): Promise<void>
  /** Goes past the head. */
  advance(): void
  /** Between the entries passed and those to come. */
  readonly position: Position
  close(): Promise<void>
}
