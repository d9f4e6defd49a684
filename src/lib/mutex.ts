export interface MutexOptions {
  /** Milliseconds after which a turn counts as stalled. */
  readonly timeoutMs: number
  readonly onStall: () => void
  /** Called when a stalled turn has ended after all. */
  readonly onResume: () => void
}

/** Lets one piece of work after the other have its turn, and tells when one takes too long. */
export class Mutex {
  readonly #options: MutexOptions
  #last: Promise<void> = Promise.resolve()
  #stalled = false

  constructor(options: MutexOptions) {
    this.#options = options
  }

  get stalled(): boolean {
    return this.#stalled
  }

  /** Runs the work when all work before it has ended. @throws what the work throws */
  run(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(() => this.#watch(work))
    this.#last = turn.catch(() => {})
    return turn
  }

  async #watch(work: () => Promise<void>): Promise<void> {
    const timer = setTimeout(() => {
      this.#stalled = true
      this.#options.onStall()
    }, this.#options.timeoutMs)
    try {
      await work()
    } finally {
      clearTimeout(timer)
      if (this.#stalled) this.#options.onResume()
      this.#stalled = false
    }
  }
}
