import type { Lines } from '../line-format.ts'

/** Reads a log file forwards, in blocks of whole lines. */
export interface LineReader {
  /**
   * Continues where the last block ended.
   *
   * @param end how far the file may be read, in uncompressed bytes
   * @param isFinal whether the file no longer grows, so that its last line counts even without a line feed
   * @returns undefined if there is no further line yet
   * @throws MisplacedError
   */
  next(end: number, isFinal: boolean): Promise<Lines | undefined>
  close(): Promise<void>
}

/** Reading cannot start at an offset, because the file is shorter or the offset is inside a line. */
export class MisplacedError extends Error {
  override readonly name = 'MisplacedError'
}
