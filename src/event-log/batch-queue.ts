/** A line that waits for the disk, and whom to tell. */
export interface Entry {
  readonly line: Buffer
  readonly onStored: () => void
  readonly resolve: () => void
  readonly reject: (reason: Error) => void
  /** Called when it is known whether the line is stored, which can be after `reject`. */
  readonly onSettled: () => void
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
    this.#bytes += entry.line.length
  }

  /** Takes the next lines that go out together: so many bytes at most, but one line at least. */
  takeBatch(maxBytes: number): readonly Entry[] {
    let bytes = 0
    let count = 0
    for (const { line } of this.#entries) {
      bytes += line.length
      if (count > 0 && bytes > maxBytes) break
      count++
    }
    this.#batch = this.#entries.splice(0, count)
    return this.#batch
  }

  /** The batch is written, or failed: its bytes no longer count. */
  finishBatch(): void {
    for (const { line } of this.#batch) this.#bytes -= line.length
    this.#batch = []
  }

  /** @returns whether the entry still waited */
  remove(entry: Entry): boolean {
    const place = this.#entries.indexOf(entry)
    if (place === -1) return false
    this.#entries.splice(place, 1)
    this.#bytes -= entry.line.length
    return true
  }

  /** Takes out all that waits. */
  removeAll(): readonly Entry[] {
    const removed = this.#entries
    this.#entries = []
    for (const { line } of removed) this.#bytes -= line.length
    return removed
  }
}
