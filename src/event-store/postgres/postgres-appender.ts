import type { PostgresConnection } from '../../databases/postgres-connection.ts'
import type { PrimaryFinder } from '../../databases/primary.ts'
import { loggableError } from '../../databases/server-error.ts'
import { withTimeout } from '../../lib/with-timeout.ts'
import type { Telemetry } from '../../telemetry.ts'
import { type AppendResult, type Entry, StoreUnavailableError } from '../event-store.ts'
import { BatchQueue } from '../shared/batch-queue.ts'
import { isDataError, isOutcomeKnown } from './append-errors.ts'
import { type AppendStatementLimits, appendEntries } from './append-statement.ts'
import { PendingEntry } from './pending-entry.ts'
import { Retry, type RetryLimits } from './retry.ts'

/** Times are in milliseconds. */
export interface AppenderLimits extends AppendStatementLimits, RetryLimits {
  /** Bytes that may wait for the database. Beyond this, appends are rejected. */
  readonly maxQueueBytes: number
  /** Bytes per statement; a longer record is sent alone. */
  readonly maxBatchBytes: number
  /** After this, a caller no longer waits. */
  readonly stallTimeoutMs: number
  /** A working database is tried at most this often by readiness checks, which wait no longer than `readyTimeoutMs`. */
  readonly probeIntervalMs: number
  readonly readyTimeoutMs: number
}

export interface AppenderOptions {
  readonly finder: PrimaryFinder
  readonly limits: AppenderLimits
  /** How long redeliveries are recognized, in milliseconds. */
  readonly windowMs: number
  readonly telemetry: Telemetry
  /** Called after each batch. */
  readonly onCommitted: () => void
}

/** Waits for the next statement, whichever it is. */
interface Observer {
  readonly resolve: () => void
  readonly reject: (reason: StoreUnavailableError) => void
}

/** What telemetry calls the store. */
const NAME = 'postgresql'

/**
 * Appends entries by group commit: one statement at a time, with what arrived during the one before it. After a failure,
 * it tries again until no caller waits any longer.
 */
export class PostgresAppender {
  readonly #options: AppenderOptions
  readonly #limits: AppenderLimits
  readonly #queue: BatchQueue<PendingEntry>
  readonly #retry: Retry
  #connection: PostgresConnection | undefined
  #draining: Promise<void> | undefined
  #observers: Observer[] = []
  #committedAt = -Infinity
  #closeReason: StoreUnavailableError | undefined

  constructor(options: AppenderOptions) {
    this.#options = options
    this.#limits = options.limits
    this.#queue = new BatchQueue(options.limits.maxQueueBytes)
    this.#retry = new Retry(options.limits)
  }

  get queuedBytes(): number {
    return this.#queue.bytes
  }

  /**
   * @param once whether a later append of the same id is a redelivery
   * @param onSettled called once nothing is sent any longer, which may be after the append was rejected
   * @throws StoreUnavailableError
   */
  append(entry: Entry, once: boolean, onSettled: () => void): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      const onTimeout = (late: PendingEntry) => this.#expire(late)
      const timeoutMs = this.#limits.stallTimeoutMs
      const pending = new PendingEntry(entry, { once, timeoutMs, onTimeout, onSettled, resolve, reject })
      const rejection = this.#unavailableError(pending.bytes)
      if (rejection) {
        pending.reject(rejection)
        queueMicrotask(onSettled)
        return
      }
      this.#queue.push(pending)
      this.#draining ??= this.#drain()
    })
  }

  /** Tries an append without entries, unless one has just succeeded. @throws StoreUnavailableError */
  async checkReady(): Promise<void> {
    const rejection = this.#unavailableError(0)
    if (rejection) throw rejection
    if (!this.#retry.isFailing && performance.now() - this.#committedAt < this.#limits.probeIntervalMs) return
    const outcome = new Promise<void>((resolve, reject) => this.#observers.push({ resolve, reject }))
    this.#retry.hurry()
    this.#draining ??= this.#drain()
    await withTimeout(
      this.#limits.readyTimeoutMs,
      () => new StoreUnavailableError('the event database is not responding'),
      outcome,
    )
  }

  /** Stores the waiting entries, then disconnects. Later appends are rejected. */
  async close(): Promise<void> {
    this.#closeReason ??= new StoreUnavailableError('the service is shutting down')
    await this.#draining
    this.#connection?.close()
  }

  /** Rejects all waiting appends, and disconnects. */
  giveUp(): void {
    const reason = 'the service is shutting down'
    this.#closeReason ??= new StoreUnavailableError(reason)
    const queued = this.#queue.removeAll()
    for (const entry of [...this.#queue.batch, ...queued]) {
      entry.reject(new StoreUnavailableError(reason, { mayBeStored: entry.mayBeStored }))
    }
    for (const entry of queued) entry.settle()
    this.#connection?.destroy(new Error(reason))
    this.#retry.hurry()
  }

  #unavailableError(bytes: number): StoreUnavailableError | undefined {
    if (this.#closeReason) return this.#closeReason
    return this.#queue.isFullFor(bytes)
      ? new StoreUnavailableError('too many records are waiting for the event database')
      : undefined
  }

  async #drain(): Promise<void> {
    // Wait for one turn of the event loop, so that the entries that arrive in it share the first batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (!this.#queue.isEmpty || this.#observers.length > 0) {
      const batch = this.#queue.takeBatch(this.#limits.maxBatchBytes)
      await this.#storeBatch(batch)
      this.#queue.finishBatch()
      for (const entry of batch) entry.settle()
    }
    this.#draining = undefined
  }

  /** Returns once no caller waits for any of these entries. Without entries, it tries once. */
  async #storeBatch(batch: readonly PendingEntry[]): Promise<void> {
    const isUrgent = () => this.#observers.length > 0 || this.#closeReason !== undefined
    const waiting = () => batch.filter(({ isWaiting }) => isWaiting)
    for (;;) {
      await this.#retry.waitForTurn(isUrgent)
      if (batch.length > 0 && waiting().length === 0) return
      try {
        const connection = await this.#connect()
        await this.#send(connection, waiting())
        return
      } catch (error) {
        if (isDataError(error) && waiting().length > 0) return this.#separate(waiting(), error)
        this.#failed(error)
        if (batch.length === 0) return
      }
    }
  }

  /** Halves a batch until the entries that the database cannot store fail alone. */
  async #separate(entries: readonly PendingEntry[], error: unknown): Promise<void> {
    const half = Math.ceil(entries.length / 2)
    if (half === entries.length) {
      entries[0]?.reject(
        new StoreUnavailableError('the event database cannot store this record', { cause: loggableError(error) }),
      )
      return
    }
    await this.#storeBatch(entries.slice(0, half))
    await this.#storeBatch(entries.slice(half))
  }

  async #send(connection: PostgresConnection, entries: readonly PendingEntry[]): Promise<void> {
    const startedAt = performance.now()
    for (const entry of entries) entry.send()
    try {
      const results = await appendEntries(connection, entries, this.#options.windowMs, this.#limits)
      for (const [index, entry] of entries.entries()) {
        entry.result = results[index] ?? 'stored'
        entry.store()
      }
    } catch (error) {
      for (const entry of entries) entry.fail(isOutcomeKnown(error))
      throw error
    }
    this.#succeeded()
    if (entries.length === 0) return
    this.#options.onCommitted()
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
    const durationMs = performance.now() - startedAt
    this.#options.telemetry.emit('batchWritten', { file: NAME, lines: entries.length, bytes, durationMs })
  }

  async #connect(): Promise<PostgresConnection> {
    if (!this.#connection?.isOpen) this.#connection = await this.#options.finder.connect()
    return this.#connection
  }

  #succeeded(): void {
    this.#committedAt = performance.now()
    const failedMs = this.#retry.succeeded()
    if (failedMs !== undefined) this.#options.telemetry.emit('storingRecovered', { file: NAME, failedMs })
    for (const observer of this.#observers.splice(0)) observer.resolve()
  }

  /** Every failure ends the connection: the server behind it may no longer be the primary. */
  #failed(reason: unknown): void {
    const error = loggableError(reason)
    this.#connection?.close()
    this.#connection = undefined
    if (!this.#retry.isFailing) this.#options.telemetry.emit('storingFailed', { file: NAME, error })
    this.#retry.failed()
    const rejection = new StoreUnavailableError('the event database cannot store events', { cause: error })
    for (const observer of this.#observers.splice(0)) observer.reject(rejection)
  }

  #expire(entry: PendingEntry): void {
    const isQueued = this.#queue.remove(entry)
    entry.reject(new StoreUnavailableError('the event database is not responding', { mayBeStored: entry.mayBeStored }))
    if (isQueued) entry.settle()
  }
}
