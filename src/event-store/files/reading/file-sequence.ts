import type { Identity } from '../line-format.ts'
import { indexOfFile, positionGone } from './locate.ts'
import type { OpenSegment } from './open-segment.ts'
import type { Place } from './position.ts'
import { seekFile } from './seek-time.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'

/** Retention deletes files that are days old, so no file can come and go unnoticed between two checks this close. */
const RECENT_CHECK_MS = 60_000

/** Decides which file a reader reads next, and notices if one in between was deleted. */
export class FileSequence {
  readonly #kind: string
  readonly #segments: Segments
  /** The files as last listed. */
  #list: readonly Segment[] = []
  #state: string | undefined
  /** The file being read, with all that were seen before and after it, even if it has been deleted since. */
  #known: readonly Segment[] = []
  #checkedAt = -Infinity

  constructor(kind: string, segments: Segments) {
    this.#kind = kind
    this.#segments = segments
  }

  /**
   * @param place where to begin; before the first file by default
   * @param since files whose records were all received before this time may be left out
   * @returns undefined if there is no file yet
   * @throws PositionGoneError
   */
  async first(place: Place | undefined, since = -Infinity): Promise<{ segment: Segment; offset: number } | undefined> {
    this.#checkedAt = performance.now()
    const list = await this.#refresh()
    const begin = place ? indexOfFile(list, place.first) : 0
    if (place && begin === -1) throw positionGone(this.#kind, place.first.receivedAt, list)
    const index = Math.max(begin, seekFile(list, since))
    const segment = list[index]
    this.#known = list
    return segment && { segment, offset: index === begin ? (place?.offset ?? 0) : 0 }
  }

  /**
   * @param opened the file that has been read to its end
   * @param first its first record
   * @returns the file to read next, or undefined if there is none yet
   * @throws PositionGoneError
   */
  async after(opened: OpenSegment, first: Identity): Promise<Segment | undefined> {
    const now = performance.now()
    const wasCheckedRecently = now - this.#checkedAt < RECENT_CHECK_MS
    this.#checkedAt = now
    if (await this.#segments.isCurrent(opened)) return undefined
    const list = await this.#refresh()
    const passed = this.#known.slice(0, indexOfFile(this.#known, first) + 1)
    const expected = this.#known[passed.length]?.first
    const index = indexOfFile(list, first)
    // If the file itself was deleted, nothing is lost: it was open, and has been read to its end.
    const following = index === -1 ? list.filter((segment) => !includes(passed, segment)) : list.slice(index + 1)
    if (expected && indexOfFile(following, expected) === -1) {
      throw positionGone(this.#kind, expected.receivedAt, following)
    }
    if (index === -1 && !expected && following.length > 0 && !wasCheckedRecently) {
      throw positionGone(this.#kind, first.receivedAt, following)
    }
    this.#known = index === -1 ? [...passed, ...following] : list
    return following[0]
  }

  /** A listed file turned out to be gone, so the files must be listed again. */
  expectChange(): void {
    this.#state = undefined
  }

  async #refresh(): Promise<readonly Segment[]> {
    const state = await this.#segments.state()
    if (state === this.#state) return this.#list
    this.#list = await this.#segments.list()
    // Described before it was listed, so that a change between the two is noticed.
    this.#state = state
    return this.#list
  }
}

function includes(list: readonly Segment[], { first, name }: Segment): boolean {
  return first ? indexOfFile(list, first) !== -1 : list.some((segment) => segment.name.name === name.name)
}
