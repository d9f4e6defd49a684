import type { Identity, Lines } from '../line-format.ts'
import { FileSequence } from './file-sequence.ts'
import { type LineReader, MisplacedError } from './line-reader.ts'
import { positionCut } from './locate.ts'
import type { OpenSegment } from './open-segment.ts'
import type { Place } from './position.ts'
import { seekTime } from './seek-time.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'

export interface ForwardLinesOptions {
  readonly kind: string
  readonly segments: Segments
  /** Where to begin; at the first line of the first file by default. */
  readonly place: Place | undefined
  /** Lines with records received before this time may be left out, in milliseconds since the epoch. */
  readonly since: number | undefined
}

/** Whole lines of a file, and the first record of that file. */
export interface Block {
  readonly first: Identity
  readonly lines: Lines
}

interface CurrentFile {
  readonly opened: OpenSegment
  readonly first: Identity
  readonly lines: LineReader
  /** The file after this one, once there is one. Nothing is appended to this one from then on. */
  next?: Segment | undefined
}

/** Reads the lines of one kind forwards, through all its files. */
export class ForwardLines {
  readonly #options: ForwardLinesOptions
  readonly #sequence: FileSequence
  #file: CurrentFile | undefined

  constructor(options: ForwardLinesOptions) {
    this.#options = options
    this.#sequence = new FileSequence(options.kind, options.segments)
  }

  /**
   * @returns undefined if there is no further line yet
   * @throws PositionGoneError, or the operating system's error
   */
  async next(): Promise<Block | undefined> {
    for (;;) {
      this.#file ??= await this.#openFirst()
      if (!this.#file) return undefined
      const { opened, first, next } = this.#file
      const lines = await this.#nextLines(this.#file)
      if (lines) return { first, lines }
      const nextFile = next && (await this.#open(next))
      if (nextFile) {
        await this.close()
        this.#file = nextFile
      } else {
        // Once there is a next file, this one is read a last time: all that was appended to it is there by now.
        this.#file.next = await this.#sequence.after(opened, first)
        if (!this.#file.next) return undefined
      }
    }
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.lines.close()
    await file?.opened.close()
  }

  async #nextLines({ opened, first, lines, next }: CurrentFile): Promise<Lines | undefined> {
    try {
      return await lines.next(await opened.readableEnd(), next !== undefined)
    } catch (error) {
      throw error instanceof MisplacedError ? positionCut(this.#options.kind, first, error) : error
    }
  }

  async #openFirst(): Promise<CurrentFile | undefined> {
    const { place, since } = this.#options
    for (;;) {
      const begin = await this.#sequence.first(place, since)
      if (!begin) return undefined
      const file = await this.#open(begin.segment, begin.offset, since)
      // Deleted in the meantime. Unless the position is gone with it, another file is the first one now.
      if (file) return file
    }
  }

  /** @returns undefined if the file was deleted */
  async #open(segment: Segment, offset = 0, since?: number): Promise<CurrentFile | undefined> {
    const file = await this.#options.segments.open(segment)
    if (!file) {
      this.#sequence.expectChange()
      return undefined
    }
    const { opened, first } = file
    try {
      const canSeek = since !== undefined && !opened.name.isCompressed
      const sought = canSeek ? await seekTime(opened.handle, await opened.readableEnd(), since) : 0
      return { opened, first, lines: opened.linesFrom(Math.max(offset, sought)) }
    } catch (error) {
      await opened.close()
      throw error
    }
  }
}
