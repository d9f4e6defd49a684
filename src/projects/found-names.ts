/** Remembers names for a while, and so many at most. All live equally long, so the oldest is the first to go. */
export class FoundNames {
  readonly #names = new Map<string, { readonly name: string; readonly until: number }>()
  readonly #lifetime: number
  readonly #max: number
  readonly #now: () => number

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
    const [oldest] = this.#names.keys()
    if (this.#names.size > this.#max && oldest !== undefined) this.#names.delete(oldest)
  }
}
