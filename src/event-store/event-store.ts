/** The interface between the service and its storage: it knows kinds and ids, not files or tables. */
import { ExplainedError } from '../lib/errors.ts'
import type { EventReader } from './event-reader.ts'
import type { StoredRecord } from './stored-record.ts'

export interface Entry<Kind extends string = string> {
  readonly kind: Kind
  readonly id: string
  /** Whether a redelivery of the event would have the same id. Only such ids are kept in the replay window. */
  readonly repeatable: boolean
  readonly record: StoredRecord
}

/** `replayed`: an event with this id was stored before, so nothing was written. */
export type AppendResult = 'stored' | 'replayed'

/** Stores records. Another kind of store can implement this without changes to the handlers. */
export interface EventStore<Kind extends string = string> {
  /**
   * Stores a record once.
   *
   * @returns once the record is safe
   * @throws StoreUnavailableError if the record is not stored, or the outcome is still unknown after a timeout
   */
  append(entry: Entry<Kind>): Promise<AppendResult>
  /** Opens the reading side, which costs nothing until then. It sees each record as soon as its append has returned. */
  openReader(): Promise<EventReader<Kind>>
  /** Bytes of records that wait to be stored. */
  readonly queuedBytes: number
  /** Checks whether a record could be stored right now. @throws StoreUnavailableError if not */
  checkReady(): Promise<void>
  /** Stores the waiting records, then releases all resources. */
  close(): Promise<void>
  /** Rejects every append that is still waiting for a disk that does not respond. */
  giveUp(): void
}

/** The record was not stored or, if `mayBeStored` is true, the outcome is unknown. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
  readonly mayBeStored: boolean

  constructor(message: string, options: ErrorOptions & { mayBeStored?: boolean } = {}) {
    super(message, options)
    this.mayBeStored = options.mayBeStored ?? false
  }
}

/** The event store cannot be opened. The message tells the operator what is wrong and how to fix it. */
export class StoreStartError extends ExplainedError {
  override readonly name = 'StoreStartError'
}
