export interface WindowLimits {
  /** How long an event is remembered, in milliseconds. */
  readonly ttlMs: number
  /** How many events are remembered at most. */
  readonly maxEvents: number
}

/**
 * The ids of recently stored events. Ages are measured on a clock that only runs forward, so setting the wall clock
 * neither forgets events nor keeps them longer.
 */
export class ReplayWindow {
  readonly #limits: WindowLimits
  readonly #now: () => number
  /** In the order in which they were added. */
  readonly #storedAt = new Map<string, number>()
  /**
   * Walks the keys once and continues from where it stopped: a new iterator would step over the gap that every
   * deleted key leaves in the Map until V8 rehashes it, and adding would take longer and longer.
   */
  #keys = this.#storedAt.keys()
  /** The key that was read from `#keys` last: the first in the Map. */
  #oldest: string | undefined

  /** @param now milliseconds on a clock that is never set, such as performance.now */
  constructor(limits: WindowLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  get enabled(): boolean {
    return this.#limits.ttlMs > 0 && this.#limits.maxEvents > 0
  }

  /** How many ids take up memory, including expired ones that the next `add` removes. */
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
    // An iterator that has reached the end stays there, whatever is added later.
    if (done) this.#keys = this.#storedAt.keys()
    return value
  }
}
