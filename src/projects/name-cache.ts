/** Caches a limited number of names for a limited time, the same for each, so the oldest is evicted first. */
export class NameCache {
  readonly #names = new Map<string, { readonly name: string; readonly until: number }>()
  readonly #lifetime: number
  readonly #max: number
  readonly #now: () => number
  /**
   * Iterates over the names once, oldest first; those it has passed are deleted. A new iterator for each eviction would
   * take up to 100 µs to skip the holes that deleted names leave in the map.
   */
  readonly #oldest = this.#names.keys()

  /**
   * @param lifetime milliseconds
   * @param max the maximum number of names, at least 1
   */
  constructor(lifetime: number, max: number, now: () => number) {
    this.#lifetime = lifetime
    this.#max = max
    this.#now = now
  }

  get(id: string): string | undefined {
    const found = this.#names.get(id)
    return found && found.until > this.#now() ? found.name : undefined
  }

  add(id: string, name: string): void {
    this.#names.delete(id)
    this.#names.set(id, { name, until: this.#now() + this.#lifetime })
    // The iterator is never exhausted, since the name that was just added comes last.
    if (this.#names.size > this.#max) this.#names.delete(this.#oldest.next().value ?? id)
  }
}
