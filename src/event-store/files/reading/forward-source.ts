import type { Position, StoredEntry } from '../../event-reader.ts'
import type { EntrySource } from '../../shared/entry-source.ts'
import { type Lines, parseRecord, splitLines } from '../line-format.ts'
import { ForwardLines } from './forward-lines.ts'
import { nameOfFile, parsePosition, positionIn, START } from './position.ts'
import type { Segments } from './segments.ts'

export interface ForwardOptions<Kind extends string> {
  readonly kind: Kind
  readonly segments: Segments
  readonly after: Position | undefined
  /** Leaves out what was received before, in milliseconds since the epoch. */
  readonly since: number | undefined
  readonly signal: AbortSignal | undefined
}

/** The entries of one kind, oldest first. After its end is reached, it can be asked again for what was appended since. */
export class ForwardSource<Kind extends string> implements EntrySource<Kind> {
  readonly kind: Kind
  readonly #options: ForwardOptions<Kind>
  readonly #blocks: ForwardLines
  /** The remaining lines of the last block, in reverse. */
  #lines: Lines[] = []
  /** The file of that block, as it appears in positions. */
  #file = ''
  #next: { entry: StoredEntry<Kind>; position: Position } | undefined
  #position: Position

  constructor(options: ForwardOptions<Kind>) {
    const { kind, segments, after, since } = options
    this.kind = kind
    this.#options = options
    this.#position = after ?? START
    this.#blocks = new ForwardLines({ kind, segments, place: parsePosition(this.#position), since })
  }

  get head(): StoredEntry<Kind> | undefined {
    return this.#next?.entry
  }

  /** Always right after a record: what follows may not be one, and be cut off when the service starts again. */
  get position(): Position {
    return this.#position
  }

  async refill(): Promise<void> {
    while (!this.#next) {
      const line = this.#lines.pop()
      if (line) this.#take(line)
      else if (!(await this.#nextBlock())) return
    }
  }

  advance(): void {
    this.#position = this.#next?.position ?? this.#position
    this.#next = undefined
  }

  close(): Promise<void> {
    return this.#blocks.close()
  }

  async #nextBlock(): Promise<boolean> {
    this.#options.signal?.throwIfAborted()
    const block = await this.#blocks.next()
    if (!block) return false
    this.#file = nameOfFile(block.first)
    this.#lines = splitLines(block.lines).reverse()
    return true
  }

  #take({ position, bytes }: Lines): void {
    const parsed = parseRecord(bytes)
    if (!parsed) return
    this.#next = { entry: { kind: this.kind, ...parsed }, position: positionIn(this.#file, position + bytes.length) }
    const { since = -Infinity } = this.#options
    if (parsed.receivedAt < since) this.advance()
  }
}
