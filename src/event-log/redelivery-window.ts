export interface WindowLimits {
  /** Milliseconds for which an event is remembered. */
  readonly ttlMs: number
  /** How many events are remembered at most. */
  readonly maxEvents: number
}

/**
 * The ids of the events that were stored lately, oldest first. Ages are measured on a clock that only runs forward,
 * so that setting the wall clock neither forgets events nor keeps them.
 */
export class RedeliveryWindow {
  readonly #limits: WindowLimits
  readonly #now: () => number
  readonly #storedAt = new Map<string, number>()

  /** @param now milliseconds on a clock that is never set, such as performance.now */
  constructor(limits: WindowLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  get enabled(): boolean {
    return this.#limits.ttlMs > 0 && this.#limits.maxEvents > 0
  }

  has(id: string): boolean {
    const storedAt = this.#storedAt.get(id)
    return storedAt !== undefined && this.#isFresh(storedAt)
  }

  /** @param ageMs how long ago the event was stored, in milliseconds */
  add(id: string, ageMs = 0): void {
    if (!this.enabled) return
    this.#storedAt.delete(id)
    this.#storedAt.set(id, this.#now() - ageMs)
    for (const [oldest, storedAt] of this.#storedAt) {
      if (this.#storedAt.size <= this.#limits.maxEvents && this.#isFresh(storedAt)) break
      this.#storedAt.delete(oldest)
    }
  }

  #isFresh(storedAt: number): boolean {
    return this.#now() - storedAt < this.#limits.ttlMs
  }
}
