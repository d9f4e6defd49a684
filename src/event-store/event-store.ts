/** The seam between the service and what keeps its records: it knows kinds and ids, not files or tables. */
import { ExplainedError } from '../lib/explained-error.ts'

/** What every record holds, whatever its kind. */
export interface StoredRecord {
  readonly event_id: string
  /** ISO 8601, in UTC. */
  readonly received_at: string
}

export interface Entry<Kind extends string = string> {
  readonly kind: Kind
  readonly id: string
  /** Whether the same event may be delivered again under this id. Only such ids are remembered. */
  readonly repeatable: boolean
  readonly record: StoredRecord
}

/** `replayed`: an event with this id was stored before, so nothing was written. */
export type AppendResult = 'stored' | 'replayed'

/** Keeps records. Another kind of store can implement it without a change to a handler. */
export interface EventStore<Kind extends string = string> {
  /**
   * Stores a record once.
   *
   * @returns once the record is safe
   * @throws StoreUnavailableError if it is not stored, or nobody can tell in time
   */
  append(entry: Entry<Kind>): Promise<AppendResult>
  /** Finds out whether a record could be stored right now. @throws StoreUnavailableError if not */
  checkReady(): Promise<void>
  /** Stores what is waiting, then releases everything. */
  close(): Promise<void>
  /** Rejects every append that is still waiting for a disk that does not respond. */
  giveUp(): void
}

/** The record was not stored, unless `mayBeStored` says that nobody can tell. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
  readonly mayBeStored: boolean

  constructor(message: string, options: ErrorOptions & { mayBeStored?: boolean } = {}) {
    super(message, options)
    this.mayBeStored = options.mayBeStored ?? false
  }
}

/** The event store cannot be opened. The message is for the operator: what is wrong and how to fix it. */
export class StoreStartError extends ExplainedError {
  override readonly name = 'StoreStartError'
}
