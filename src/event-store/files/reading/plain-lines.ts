import { type OpenFile, readUpTo } from '../file-operations.ts'
import { LINE_FEED, type Lines } from '../line-format.ts'
import { type LineReader, MisplacedError } from './line-reader.ts'

const CHUNK_BYTES = 1 << 18

/** Reads a file that is not compressed, and may still grow. */
export class PlainLines implements LineReader {
  readonly #handle: OpenFile
  #offset: number

  constructor(handle: OpenFile, offset: number) {
    this.#handle = handle
    this.#offset = offset
  }

  async next(end: number, isFinal: boolean): Promise<Lines | undefined> {
    if (this.#offset > end) throw new MisplacedError('the file became shorter')
    if (this.#offset === end) return undefined
    const bytes = await this.#readLines(end, isFinal)
    if (bytes.length === 0) return undefined
    const position = this.#offset
    this.#offset += bytes.length
    return { position, bytes }
  }

  async close(): Promise<void> {}

  async #readLines(end: number, isFinal: boolean): Promise<Buffer> {
    // The line feed before the offset is read as well: if the file was cut and written again, it is probably not there.
    const start = Math.max(this.#offset - 1, 0)
    for (let length = CHUNK_BYTES; ; length *= 2) {
      const chunk = await readUpTo(this.#handle, start, Math.min(length, end - start))
      if (this.#offset > 0 && chunk[0] !== LINE_FEED) throw new MisplacedError('the offset is inside a line')
      const bytes = chunk.subarray(this.#offset - start)
      const lastEnd = bytes.lastIndexOf(LINE_FEED) + 1
      if (lastEnd > 0) return bytes.subarray(0, lastEnd)
      if (chunk.length < length) return isFinal ? bytes : bytes.subarray(0, 0)
    }
  }
}
