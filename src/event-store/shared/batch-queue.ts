export interface EntryOptions {
  readonly line: string
  /** Called once the line is safe. */
  readonly onStored: () => void
  /** Called once it is known whether the line is stored, which may be after `reject`. */
  readonly onSettled: () => void
  readonly resolve: () => void
  readonly reject: (reason: Error) => void
}

/** A record to be stored, as a line, and the caller that is waiting for it. */
export class Entry {
  readonly line: string
  readonly bytes: number
  readonly #options: EntryOptions
  readonly #deadline: NodeJS.Timeout

  /** @param onTimeout called if the line is neither stored nor rejected after `timeoutMs` milliseconds */
  constructor(options: EntryOptions, timeoutMs: number, onTimeout: (entry: Entry) => void) {
    this.line = options.line
    this.bytes = Buffer.byteLength(options.line)
    this.#options = options
    this.#deadline = setTimeout(() => onTimeout(this), timeoutMs)
  }

  store(): void {
    clearTimeout(this.#deadline)
    this.#options.onStored()
    this.#options.resolve()
  }

  /** Rejects the caller's append. Whether the line will be stored may still be unknown. */
  reject(reason: Error): void {
    clearTimeout(this.#deadline)
    this.#options.reject(reason)
  }

  settle(): void {
    this.#options.onSettled()
  }
}

/** A queue of records to be stored, bounded in bytes. */
export class BatchQueue<Item extends Entry = Entry> {
  readonly #maxBytes: number
  #entries: Item[] = []
  #batch: readonly Item[] = []
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes in the queue and in the current batch. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  /** The batch that is being written. */
  get batch(): readonly Item[] {
    return this.#batch
  }

  /** Whether there is no room for this many bytes. An empty queue accepts a line of any length. */
  isFullFor(bytes: number): boolean {
    return this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes
  }

  push(entry: Item): void {
    this.#entries.push(entry)
    this.#bytes += entry.bytes
  }

  /** Takes the next batch from the queue: at most `maxBytes`, but at least one line. */
  takeBatch(maxBytes: number): readonly Item[] {
    let bytes = 0
    let count = 0
    for (const entry of this.#entries) {
      bytes += entry.bytes
      if (count > 0 && bytes > maxBytes) break
      count++
    }
    this.#batch = this.#entries.splice(0, count)
    return this.#batch
  }

  /** Called when the batch has been written or has failed, so that its bytes no longer count. */
  finishBatch(): void {
    for (const { bytes } of this.#batch) this.#bytes -= bytes
    this.#batch = []
  }

  /** @returns whether the entry was still in the queue */
  remove(entry: Item): boolean {
    const index = this.#entries.indexOf(entry)
    if (index === -1) return false
    this.#entries.splice(index, 1)
    this.#bytes -= entry.bytes
    return true
  }

  /** Empties the queue, except for the current batch. */
  removeAll(): readonly Item[] {
    const removed = this.#entries
    this.#entries = []
    for (const { bytes } of removed) this.#bytes -= bytes
    return removed
  }
}
