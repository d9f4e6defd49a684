import type { Sink } from './stdout-sink.ts'

/** The delay, in milliseconds, before retrying a destination that accepts nothing. It doubles each time. */
const RETRY_MS = { first: 1, longest: 100 }

/** Lines that are being written, as one buffer. */
interface Batch {
  readonly bytes: Buffer
  /** The offset in the buffer at which each line ends. */
  readonly ends: readonly number[]
  written: number
}

export interface LineOutputOptions {
  readonly sink: Sink
  /** Characters that may wait for a slow destination; any further lines are dropped. */
  readonly maxWaiting: number
  /** Called with the number of lines dropped so far, once the destination accepts lines again. */
  readonly onDropped: (total: number) => void
}

/**
 * Writes lines without ever waiting for their destination: each line is written whole, or dropped and counted. Lines
 * that arrive in one turn of the event loop are written together.
 */
export class LineOutput {
  readonly #options: LineOutputOptions
  #waiting: string[] = []
  #waitingLength = 0
  #batch: Batch | undefined
  #isScheduled = false
  #retryMs = RETRY_MS.first
  #dropped = 0
  #reported = 0

  constructor(options: LineOutputOptions) {
    this.#options = options
  }

  /** @param line ends with a line feed, and may contain others */
  write(line: string): void {
    if (this.#waitingLength + line.length > this.#options.maxWaiting) {
      this.#dropped++
      return
    }
    this.#waiting.push(line)
    this.#waitingLength += line.length
    if (this.#batch || this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      if (!this.#batch) this.#next()
    })
  }

  /** Writes as much as the destination accepts immediately. Called when the process exits. */
  flush(): void {
    const unfinished = this.#batch ? this.#batch.bytes.subarray(this.#batch.written) : Buffer.alloc(0)
    this.#options.sink.writeLast(unfinished, this.#takeWaiting().bytes)
  }

  #next(): void {
    if (this.#waiting.length === 0) return
    this.#batch = this.#takeWaiting()
    this.#continue(this.#batch)
  }

  #takeWaiting(): Batch {
    const lines = this.#waiting.map((line) => Buffer.from(line))
    this.#waiting = []
    this.#waitingLength = 0
    let end = 0
    return { bytes: Buffer.concat(lines), ends: lines.map(({ length }) => (end += length)), written: 0 }
  }

  #continue(batch: Batch): void {
    this.#options.sink.write(batch.bytes.subarray(batch.written), (error, written) => {
      batch.written += written
      if (written > 0) this.#retryMs = RETRY_MS.first
      if (error) this.#fail(batch)
      else if (batch.written === batch.bytes.length) this.#succeed()
      else if (written > 0) this.#continue(batch)
      else this.#retryLater(batch)
    })
  }

  #succeed(): void {
    this.#batch = undefined
    this.#next()
    // Now there is room for the report.
    if (this.#dropped > this.#reported) {
      this.#reported = this.#dropped
      this.#options.onDropped(this.#dropped)
    }
  }

  /** Drops the lines that have not been started. A partly written line must be finished before any other. */
  #fail({ bytes, ends, written }: Batch): void {
    const unwritten = ends.filter((end) => end > written)
    const isAtLineStart = written === 0 || ends.includes(written)
    this.#dropped += isAtLineStart ? unwritten.length : unwritten.length - 1
    this.#batch = undefined
    const [end] = unwritten
    if (isAtLineStart || end === undefined) {
      this.#next()
      return
    }
    this.#batch = { bytes: bytes.subarray(0, end), ends: [end], written }
    this.#retryLater(this.#batch)
  }

  #retryLater(batch: Batch): void {
    setTimeout(() => this.#continue(batch), this.#retryMs).unref()
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS.longest)
  }
}
