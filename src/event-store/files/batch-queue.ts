export interface EntryOptions {
  /** The line, line feed included. */
  readonly line: string
  /** Called once the line is safe. */
  readonly onStored: () => void
  /** Called once it is known whether the line is stored, which can be after `reject`. */
  readonly onSettled: () => void
  readonly resolve: () => void
  readonly reject: (reason: Error) => void
}

/** A line that waits for the disk, and the caller that waits for it. */
export class Entry {
  readonly line: string
  readonly bytes: number
  readonly #options: EntryOptions
  readonly #deadline: NodeJS.Timeout

  /** @param onTimeout called if the caller has no answer after `timeoutMs` milliseconds */
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

  /** Gives the caller its answer; what becomes of the line may still be open. */
  reject(reason: Error): void {
    clearTimeout(this.#deadline)
    this.#options.reject(reason)
  }

  settle(): void {
    this.#options.onSettled()
  }
}

/** Lines that wait for the disk, in their order, bounded in bytes. */
export class BatchQueue {
  readonly #maxBytes: number
  #entries: Entry[] = []
  #batch: readonly Entry[] = []
  /** Bytes that wait, and those of the batch that is being written. */
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  /** What was taken last, and is not done yet. */
  get batch(): readonly Entry[] {
    return this.#batch
  }

  /** Whether there is no room for so many bytes. An empty queue takes any line: it would never find more room. */
  isFullFor(bytes: number): boolean {
    return this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes
  }

  push(entry: Entry): void {
    this.#entries.push(entry)
    this.#bytes += entry.bytes
  }

  /** Takes the next lines that go out together: so many bytes at most, but one line at least. */
  takeBatch(maxBytes: number): readonly Entry[] {
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

  /** The batch is written, or failed: its bytes no longer count. */
  finishBatch(): void {
    for (const { bytes } of this.#batch) this.#bytes -= bytes
    this.#batch = []
  }

  /** @returns whether the entry still waited */
  remove(entry: Entry): boolean {
    const place = this.#entries.indexOf(entry)
    if (place === -1) return false
    this.#entries.splice(place, 1)
    this.#bytes -= entry.bytes
    return true
  }

  /** Takes out all that waits. */
  removeAll(): readonly Entry[] {
    const removed = this.#entries
    this.#entries = []
    for (const { bytes } of removed) this.#bytes -= bytes
    return removed
  }
}
