import type { Position, StoredEntry } from '../../event-reader.ts'
import type { EntrySource } from '../../shared/entry-source.ts'
import { parseRecord, splitLines } from '../line-format.ts'
import { linesBackwards } from './backward-lines.ts'
import { MisplacedError } from './line-reader.ts'
import { indexOfFile, positionCut, positionGone } from './locate.ts'
import { formatPosition, type Place, parsePosition, START } from './position.ts'
import type { Segments } from './segments.ts'

export interface BackwardOptions<Kind extends string> {
  readonly kind: Kind
  readonly segments: Segments
  /** The end by default. */
  readonly before: Position | undefined
  readonly signal: AbortSignal | undefined
}

/** An entry and the places around it. */
interface Placed<Kind extends string> {
  readonly entry: StoredEntry<Kind>
  readonly before: Place
  readonly after: Place
}

/** The entries of one kind, newest first. */
export class BackwardSource<Kind extends string> implements EntrySource<Kind> {
  readonly kind: Kind
  readonly #entries: AsyncGenerator<Placed<Kind>>
  #next: Placed<Kind> | undefined
  #position: Position | undefined

  constructor(options: BackwardOptions<Kind>) {
    this.kind = options.kind
    this.#entries = entriesBackwards(options)
    this.#position = options.before
  }

  get head(): StoredEntry<Kind> | undefined {
    return this.#next?.entry
  }

  /** Where the end is, is known only after refill(). It is right after the last record, as in ForwardSource. */
  get position(): Position {
    return this.#position ?? START
  }

  async refill(): Promise<void> {
    if (this.#next) return
    const { value, done } = await this.#entries.next()
    if (done) return
    this.#next = value
    this.#position ??= formatPosition(value.after)
  }

  advance(): void {
    if (!this.#next) return
    this.#position = formatPosition(this.#next.before)
    this.#next = undefined
  }

  async close(): Promise<void> {
    await this.#entries.return(undefined)
  }
}

async function* entriesBackwards<Kind extends string>(options: BackwardOptions<Kind>): AsyncGenerator<Placed<Kind>> {
  const { kind, segments, before, signal } = options
  if (before === START) return
  const place = before === undefined ? undefined : parsePosition(before)
  const list = await segments.list()
  const begin = place ? indexOfFile(list, place.first) : list.length - 1
  if (place && begin === -1) throw positionGone(kind, place.first.receivedAt, list)
  for (const [distance, segment] of list
    .slice(0, begin + 1)
    .reverse()
    .entries()) {
    const file = await segments.open(segment)
    if (!file) throw positionGone(kind, segment.first?.receivedAt ?? 0, await segments.list())
    const { opened, first } = file
    const offset = distance === 0 ? place?.offset : undefined
    const isFinal = begin - distance < list.length - 1
    try {
      for await (const lines of linesBackwards(opened, offset, isFinal)) {
        signal?.throwIfAborted()
        for (const { position, bytes } of splitLines(lines).reverse()) {
          const parsed = parseRecord(bytes)
          if (!parsed) continue
          const places = { before: { first, offset: position }, after: { first, offset: position + bytes.length } }
          yield { entry: { kind, ...parsed }, ...places }
        }
      }
    } catch (error) {
      throw error instanceof MisplacedError ? positionCut(kind, first, error) : error
    } finally {
      await opened.close()
    }
  }
}
