import { basename } from 'node:path'
import { Mutex } from '../../lib/mutex.ts'
import type { Telemetry } from '../../telemetry.ts'
import { StoreUnavailableError } from '../event-store.ts'
import { BatchQueue, Entry } from '../shared/batch-queue.ts'
import type { CommittedEnd } from './committed-end.ts'
import { DurableFile, FileUntrustedError } from './durable-file.ts'
import type { FileOperations } from './file-operations.ts'
import type { Rotator } from './rotation/rotator.ts'

export interface AppenderLimits {
  /** Bytes that may wait for the disk. Beyond this, appends are rejected. */
  readonly maxQueueBytes: number
  /** Bytes per batch; a longer line is written alone. Also bounds how much of a file's end is checked after a crash. */
  readonly maxBatchBytes: number
  /** Milliseconds after which a caller no longer waits for the disk. */
  readonly stallTimeoutMs: number
}

export interface AppenderOptions {
  readonly path: string
  readonly operations: FileOperations
  readonly fsync: boolean
  readonly limits: AppenderLimits
  readonly telemetry: Telemetry
  readonly rotator?: Rotator | undefined
  /** Called after each batch, once its lines are safe. */
  readonly onCommitted?: (() => void) | undefined
}

/**
 * Appends lines to one file by group commit: lines that arrive during a write form the next batch, and an append
 * resolves only after its batch has been synced.
 */
export class Appender {
  readonly #name: string
  readonly #file: DurableFile
  readonly #limits: AppenderLimits
  /** Batches and probes must not overlap. */
  readonly #mutex: Mutex
  readonly #telemetry: Telemetry
  readonly #queue: BatchQueue
  readonly #rotator: Rotator | undefined
  readonly #onCommitted: () => void
  #draining: Promise<void> | undefined
  #probing: Promise<void> | undefined
  /** When appends started to fail, as `performance.now()`; undefined while they succeed. */
  #failingSince: number | undefined
  #stalledSince = 0
  /** Why all further appends are rejected; undefined while the appender is open. */
  #closeReason: StoreUnavailableError | undefined

  constructor(options: AppenderOptions) {
    const { path, operations, fsync, limits, telemetry, rotator, onCommitted = () => {} } = options
    this.#name = basename(path)
    this.#limits = limits
    this.#queue = new BatchQueue(limits.maxQueueBytes)
    this.#telemetry = telemetry
    this.#rotator = rotator
    this.#onCommitted = onCommitted
    const file = this.#name
    const onRemoved = () => telemetry.emit('logFileRemoved', { file })
    this.#file = new DurableFile({ path, operations, fsync, onRemoved })
    this.#mutex = new Mutex({
      timeoutMs: limits.stallTimeoutMs,
      onStall: () => this.#stall(limits.stallTimeoutMs),
      onResume: () => telemetry.emit('diskResumed', { file, stalledMs: performance.now() - this.#stalledSince }),
    })
  }

  /** Opens the file. @throws the operating system's error */
  open(): Promise<void> {
    return this.#file.open()
  }

  /** How much of the file can no longer be rolled back; undefined while it is closed. */
  get committedEnd(): CommittedEnd | undefined {
    return this.#file.committedEnd
  }

  /** Bytes that wait for the disk. */
  get queuedBytes(): number {
    return this.#queue.bytes
  }

  /**
   * Appends one line, line feed included.
   *
   * @param onStored called once the line is safe, even if the append was rejected because the outcome was unknown
   * @param onSettled called once it is known whether the line is stored, which may be after the append was rejected
   * @throws StoreUnavailableError if the line is not stored, or the outcome is still unknown after the timeout
   */
  append(line: string, onStored = () => {}, onSettled = () => {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { line, onStored, onSettled, resolve, reject }
      const entry = new Entry(options, this.#limits.stallTimeoutMs, (late) => this.#expire(late))
      const rejection = this.#unavailableError(entry.bytes)
      if (rejection) {
        entry.reject(rejection)
        queueMicrotask(onSettled)
        return
      }
      this.#queue.push(entry)
      this.#draining ??= this.#drain()
    })
  }

  /**
   * Checks whether a record could be stored now. After a failure, it writes to the file and rolls the write back.
   *
   * @throws StoreUnavailableError if not
   */
  async checkReady(): Promise<void> {
    if (this.#isFailing && !this.#unavailableError(0)) {
      this.#probing ??= this.#mutex
        .run(() => this.#probe())
        .finally(() => {
          this.#probing = undefined
        })
      await this.#probing
    }
    const rejection = this.#unavailableError(0)
    if (rejection) throw rejection
    if (this.#isFailing) throw this.#unavailable('cannot be written')
  }

  /** Rotates the file between two batches if it is due, for a file to which nothing is appended at midnight. */
  async rotateIfDue(): Promise<void> {
    if (!this.#unavailableError(0)) await this.#mutex.run(async () => this.#rotator?.rotateIfDue(this.#file, 0))
  }

  /** Stores the waiting lines, then closes the file. Later appends are rejected. */
  async close(): Promise<void> {
    this.#closeReason ??= this.#unavailable('the service is shutting down')
    await this.#draining
    await this.#mutex.run(() => this.#file.close())
  }

  /** Rejects all waiting appends, because the disk may respond too late or never. What has been stored is unknown. */
  giveUp(): void {
    this.#closeReason ??= this.#unavailable('the service is shutting down')
    this.#rejectWaiting('the service is shutting down')
  }

  get #isFailing(): boolean {
    return this.#failingSince !== undefined
  }

  #unavailableError(bytes: number): StoreUnavailableError | undefined {
    if (this.#closeReason) return this.#closeReason
    if (this.#mutex.stalled) return this.#unavailable('the disk is not responding')
    if (this.#queue.isFullFor(bytes)) return this.#unavailable('too many records are waiting')
    return undefined
  }

  #unavailable(
    reason: string,
    options?: ConstructorParameters<typeof StoreUnavailableError>[1],
  ): StoreUnavailableError {
    return new StoreUnavailableError(`${this.#name}: ${reason}`, options)
  }

  async #drain(): Promise<void> {
    // Wait for one turn of the event loop, so that the lines that arrive in it share the first batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (!this.#queue.isEmpty) await this.#mutex.run(() => this.#storeBatch())
    this.#draining = undefined
  }

  async #storeBatch(): Promise<void> {
    const batch = this.#queue.takeBatch(this.#limits.maxBatchBytes)
    if (batch.length === 0) return // rejected while waiting for the mutex
    try {
      const bytes = Buffer.from(batch.map(({ line }) => line).join(''))
      await this.#rotator?.rotateIfDue(this.#file, bytes.length)
      const startedAt = performance.now()
      await this.#file.commit(bytes)
      const durationMs = performance.now() - startedAt
      this.#succeeded()
      for (const entry of batch) entry.store()
      this.#onCommitted()
      this.#telemetry.emit('batchWritten', { file: this.#name, lines: batch.length, bytes: bytes.length, durationMs })
    } catch (error) {
      const rejection = this.#failed(error)
      for (const entry of batch) entry.reject(rejection)
    } finally {
      this.#queue.finishBatch()
      for (const entry of batch) entry.settle()
    }
  }

  async #probe(): Promise<void> {
    try {
      await this.#file.probe()
      this.#succeeded()
    } catch (error) {
      this.#failed(error)
    }
  }

  #succeeded(): void {
    if (this.#failingSince === undefined) return
    const failedMs = performance.now() - this.#failingSince
    this.#failingSince = undefined
    this.#telemetry.emit('storingRecovered', { file: this.#name, failedMs })
  }

  #failed(error: unknown): StoreUnavailableError {
    const rejection = this.#unavailable('cannot be written', { cause: error, mayBeStored: this.#file.isInDoubt })
    if (error instanceof FileUntrustedError) {
      this.#closeReason ??= rejection
      this.#rejectQueue(rejection)
      this.#telemetry.emit('storeBroken', { file: this.#name, error })
    } else if (!this.#isFailing) {
      this.#telemetry.emit('storingFailed', { file: this.#name, error })
    }
    this.#failingSince ??= performance.now()
    return rejection
  }

  #stall(afterMs: number): void {
    this.#stalledSince = performance.now() - afterMs
    this.#telemetry.emit('diskStalled', { file: this.#name, afterMs })
    this.#rejectWaiting('the disk is not responding')
  }

  #rejectWaiting(reason: string): void {
    const unknownOutcome = this.#unavailable(reason, { mayBeStored: true })
    for (const entry of this.#queue.batch) entry.reject(unknownOutcome)
    this.#rejectQueue(this.#unavailable(reason))
  }

  #rejectQueue(rejection: StoreUnavailableError): void {
    for (const entry of this.#queue.removeAll()) {
      entry.reject(rejection)
      entry.settle()
    }
  }

  /** Rejects a line after its timeout, on a disk that is slow but responds. A line still in the queue is dropped. */
  #expire(entry: Entry): void {
    const isQueued = this.#queue.remove(entry)
    entry.reject(this.#unavailable('the disk is too slow', { mayBeStored: !isQueued }))
    if (isQueued) entry.settle()
  }
}
