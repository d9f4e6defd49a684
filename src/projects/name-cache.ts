/** Remembers names for a while, up to a number of them. All live equally long, so the oldest is the first to go. */
export class NameCache {
  readonly #names = new Map<string, { readonly name: string; readonly until: number }>()
  readonly #lifetime: number
  readonly #max: number
  readonly #now: () => number
  /**
   * Goes through the names once, oldest first. Every name that it has passed is gone. A new iterator would step over the
   * holes that deleted names leave in the map, up to 100 µs each time.
   */
  readonly #oldest = this.#names.keys()

  /**
   * @param lifetime milliseconds
   * @param max how many names, at least 1
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
    // There is always a next one, since the name just added comes last: the iterator is never done, and so never stuck.
    if (this.#names.size > this.#max) this.#names.delete(this.#oldest.next().value ?? id)
  }
}
