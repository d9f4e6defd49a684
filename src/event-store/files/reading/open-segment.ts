import { constants } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '../../../lib/errors.ts'
import type { ReportCommittedEnd } from '../committed-end.ts'
import type { FileOperations, OpenFile } from '../file-operations.ts'
import { type Identity, type Lines, parseIdentity, splitLines } from '../line-format.ts'
import { GzipLines } from './gzip-lines.ts'
import type { LineReader } from './line-reader.ts'
import { PlainLines } from './plain-lines.ts'
import { readableEnd } from './readable-end.ts'
import type { SegmentName } from './segment-name.ts'

/** Where the log files of one kind are, and how far the current one may be read. */
export interface LogFile {
  readonly operations: FileOperations
  readonly directory: string
  /** The name of the current file. */
  readonly base: string
  readonly committedEnd: ReportCommittedEnd
}

/** A log file of one kind, current or rotated, that is open for reading. */
export class OpenSegment {
  readonly #path: string
  readonly #log: LogFile
  readonly name: SegmentName
  readonly handle: OpenFile

  private constructor(log: LogFile, name: SegmentName, path: string, handle: OpenFile) {
    this.#log = log
    this.name = name
    this.#path = path
    this.handle = handle
  }

  /** @returns undefined if there is no such file @throws the operating system's error */
  static async open(log: LogFile, name: SegmentName): Promise<OpenSegment | undefined> {
    const path = join(log.directory, name.name)
    try {
      const handle = await log.operations.open(path, constants.O_RDONLY | constants.O_NONBLOCK)
      return new OpenSegment(log, name, path, handle)
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined
      throw error
    }
  }

  /** How far the file may be read now, in bytes on disk. */
  readableEnd(): Promise<number> {
    return readableEnd(this.handle, this.#log.committedEnd)
  }

  /** @param offset where to begin, in uncompressed bytes */
  linesFrom(offset: number): LineReader {
    return this.name.isCompressed ? new GzipLines(this.handle, offset, this.#path) : new PlainLines(this.handle, offset)
  }

  /**
   * Reads a file that no longer grows, in blocks of whole lines.
   *
   * @param offset where to begin, in uncompressed bytes
   * @param end how far to read; a compressed file is always read to its end
   * @throws MisplacedError
   */
  async *blocks(offset: number, end: number): AsyncGenerator<Lines> {
    const reader = this.linesFrom(offset)
    try {
      for (let lines = await reader.next(end, true); lines; lines = await reader.next(end, true)) yield lines
    } finally {
      await reader.close()
    }
  }

  /** @returns the first record before the end, which identifies the file */
  async readFirst(end: number): Promise<Identity | undefined> {
    for await (const lines of this.blocks(0, end)) {
      for (const { bytes } of splitLines(lines)) {
        const identity = parseIdentity(bytes)
        if (identity) return identity
      }
    }
    return undefined
  }

  close(): Promise<void> {
    return this.handle.close()
  }
}
