export interface WindowLimits {
  /** How long an id is kept, in milliseconds. */
  readonly ttlMs: number
  /** The maximum number of ids. */
  readonly maxEvents: number
}

/**
 * The ids of recently stored events. Their age is measured with a monotonic clock, so setting the system clock neither
 * removes ids nor keeps them longer.
 */
export class ReplayWindow {
  readonly #limits: WindowLimits
  readonly #now: () => number
  /** In insertion order. */
  readonly #storedAt = new Map<string, number>()
  /**
   * Iterates over the keys once, and continues where it stopped. A new iterator would have to skip the gap that every
   * deleted key leaves in the Map until V8 rehashes it, so that adding would become slower and slower.
   */
  #keys = this.#storedAt.keys()
  /** The last key read from `#keys`, which is the first one in the Map. */
  #oldest: string | undefined

  /** @param now returns milliseconds from a monotonic clock, such as performance.now */
  constructor(limits: WindowLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  get enabled(): boolean {
    return this.#limits.ttlMs > 0 && this.#limits.maxEvents > 0
  }

  /** The number of ids in memory, including expired ones that the next `add` removes. */
  get size(): number {
    return this.#storedAt.size
  }

  has(id: string): boolean {
    const storedAt = this.#storedAt.get(id)
    return storedAt !== undefined && this.#isFresh(storedAt)
  }

  /** @param ageMs how long ago the event was stored, in milliseconds */
  add(id: string, ageMs = 0): void {
    if (!this.enabled) return
    this.#remove(id)
    this.#storedAt.set(id, this.#now() - ageMs)
    this.#oldest ??= this.#nextKey()
    while (this.#oldest !== undefined && !this.#isKept(this.#oldest)) this.#remove(this.#oldest)
  }

  #isKept(id: string): boolean {
    return this.#storedAt.size <= this.#limits.maxEvents && this.has(id)
  }

  #isFresh(storedAt: number): boolean {
    return this.#now() - storedAt < this.#limits.ttlMs
  }

  #remove(id: string): void {
    this.#storedAt.delete(id)
    if (id === this.#oldest) this.#oldest = this.#nextKey()
  }

  #nextKey(): string | undefined {
    const { done, value } = this.#keys.next()
    // An iterator that has reached the end does not see keys that are added later.
    if (done) this.#keys = this.#storedAt.keys()
    return value
  }
}
