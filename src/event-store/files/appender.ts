import { basename } from 'node:path'
import { Mutex } from '../../lib/mutex.ts'
import type { Telemetry } from '../../telemetry.ts'
import { StoreUnavailableError } from '../event-store.ts'
import { BatchQueue, Entry } from './batch-queue.ts'
import { DurableFile, FileUntrustedError } from './durable-file.ts'
import type { FileOperations } from './file-operations.ts'

export interface AppenderLimits {
  /** Bytes that may wait for the disk; past them records are refused. */
  readonly maxQueueBytes: number
  /** Bytes that go out in one write; a longer line goes alone. After a crash only so much of the end is in doubt. */
  readonly maxBatchBytes: number
  /** Milliseconds after which nobody waits any longer for the disk. */
  readonly stallTimeoutMs: number
}

export interface AppenderOptions {
  readonly path: string
  readonly operations: FileOperations
  readonly fsync: boolean
  readonly limits: AppenderLimits
  readonly telemetry: Telemetry
}

/**
 * Appends lines to one file by group commit: what arrives while a write is under way goes out together in the next
 * one, and each caller hears "stored" only after the sync of its batch.
 */
export class Appender {
  readonly #name: string
  readonly #file: DurableFile
  readonly #limits: AppenderLimits
  /** The file serves one at a time: the batches and the trial writes take turns. */
  readonly #mutex: Mutex
  readonly #telemetry: Telemetry
  readonly #queue: BatchQueue
  #draining: Promise<void> | undefined
  #probing: Promise<void> | undefined
  /** When appends began to fail, on the clock of `performance.now`; undefined while they succeed. */
  #failingSince: number | undefined
  #stalledSince = 0
  /** Why no record is taken any more, ever. */
  #ended: StoreUnavailableError | undefined

  constructor({ path, operations, fsync, limits, telemetry }: AppenderOptions) {
    this.#name = basename(path)
    this.#limits = limits
    this.#queue = new BatchQueue(limits.maxQueueBytes)
    this.#telemetry = telemetry
    const file = this.#name
    const onRemoved = () => telemetry.emit('logFileRemoved', { file })
    this.#file = new DurableFile({ path, operations, fsync, onRemoved })
    this.#mutex = new Mutex({
      timeoutMs: limits.stallTimeoutMs,
      onStall: () => this.#stall(limits.stallTimeoutMs),
      onResume: () => telemetry.emit('diskResumed', { file, stalledMs: performance.now() - this.#stalledSince }),
    })
  }

  /** Opens the file before the first record comes. @throws the operating system's error */
  open(): Promise<void> {
    return this.#file.open()
  }

  /**
   * Appends one line, line feed included.
   *
   * @param onStored called once the line is safe, also when the caller was told before that nobody can tell
   * @param onSettled called once it is known whether the line is stored, later than the refusal if nobody could tell
   * @throws StoreUnavailableError if the line is not stored, or nobody can tell in time
   */
  append(line: string, onStored = () => {}, onSettled = () => {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { line, onStored, onSettled, resolve, reject }
      const entry = new Entry(options, this.#limits.stallTimeoutMs, (late) => this.#expire(late))
      const refusal = this.#unavailableError(entry.bytes)
      if (refusal) {
        entry.reject(refusal)
        queueMicrotask(onSettled)
        return
      }
      this.#queue.push(entry)
      this.#draining ??= this.#drain()
    })
  }

  /**
   * Finds out whether a record could be stored now: after a failure by a real write, which is taken back.
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
    const refusal = this.#unavailableError(0)
    if (refusal) throw refusal
    if (this.#isFailing) throw this.#unavailable('cannot be written')
  }

  /** Stores what waits, then closes the file; what comes later is refused. */
  async close(): Promise<void> {
    this.#ended ??= this.#unavailable('the service is shutting down')
    await this.#draining
    await this.#mutex.run(() => this.#file.close())
  }

  /** Answers whoever still waits, for a disk that answers too late or never: nobody can tell what is stored. */
  giveUp(): void {
    this.#ended ??= this.#unavailable('the service is shutting down')
    this.#rejectWaiting('the service is shutting down')
  }

  get #isFailing(): boolean {
    return this.#failingSince !== undefined
  }

  #unavailableError(bytes: number): StoreUnavailableError | undefined {
    if (this.#ended) return this.#ended
    if (this.#mutex.stalled) return this.#unavailable('the disk does not answer')
    if (this.#queue.isFullFor(bytes)) return this.#unavailable('too many records wait')
    return undefined
  }

  #unavailable(
    reason: string,
    options?: ConstructorParameters<typeof StoreUnavailableError>[1],
  ): StoreUnavailableError {
    return new StoreUnavailableError(`${this.#name}: ${reason}`, options)
  }

  async #drain(): Promise<void> {
    // One turn of the event loop, so that whatever arrives in it shares the first batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (!this.#queue.isEmpty) await this.#mutex.run(() => this.#storeBatch())
    this.#draining = undefined
  }

  async #storeBatch(): Promise<void> {
    const batch = this.#queue.takeBatch(this.#limits.maxBatchBytes)
    if (batch.length === 0) return // refused while it waited for its turn
    try {
      const bytes = Buffer.from(batch.map(({ line }) => line).join(''))
      const startedAt = performance.now()
      await this.#file.commit(bytes)
      const durationMs = performance.now() - startedAt
      this.#succeeded()
      for (const entry of batch) entry.store()
      this.#telemetry.emit('batchWritten', { file: this.#name, lines: batch.length, bytes: bytes.length, durationMs })
    } catch (error) {
      const refusal = this.#failed(error)
      for (const entry of batch) entry.reject(refusal)
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
    const refusal = this.#unavailable('cannot be written', { cause: error, mayBeStored: this.#file.isInDoubt })
    if (error instanceof FileUntrustedError) {
      this.#ended ??= refusal
      this.#rejectQueue(refusal)
      this.#telemetry.emit('storeBroken', { file: this.#name, error })
    } else if (!this.#isFailing) {
      this.#telemetry.emit('storingFailed', { file: this.#name, error })
    }
    this.#failingSince ??= performance.now()
    return refusal
  }

  #stall(afterMs: number): void {
    this.#stalledSince = performance.now() - afterMs
    this.#telemetry.emit('diskStalled', { file: this.#name, afterMs })
    this.#rejectWaiting('the disk does not answer')
  }

  #rejectWaiting(reason: string): void {
    const unknown = this.#unavailable(reason, { mayBeStored: true })
    for (const entry of this.#queue.batch) entry.reject(unknown)
    this.#rejectQueue(this.#unavailable(reason))
  }

  #rejectQueue(refusal: StoreUnavailableError): void {
    for (const entry of this.#queue.removeAll()) {
      entry.reject(refusal)
      entry.settle()
    }
  }

  /** A disk that is slow, but answers: what still waits after the time-out is not written any more. */
  #expire(entry: Entry): void {
    const isQueued = this.#queue.remove(entry)
    entry.reject(this.#unavailable('the disk is too slow', { mayBeStored: !isQueued }))
    if (isQueued) entry.settle()
  }
}
