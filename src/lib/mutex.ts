export interface MutexOptions {
  /** Milliseconds after which a task counts as stalled. */
  readonly timeoutMs: number
  readonly onStall: () => void
  /** Called when a stalled task has settled after all. */
  readonly onResume: () => void
}

/** Runs one task at a time, in order, and reports a task that takes too long. */
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

  /** Runs a task once all earlier ones have settled. @throws what the task throws */
  run(task: () => Promise<void>): Promise<void> {
    const running = this.#last.then(() => this.#watch(task))
    this.#last = running.catch(() => {})
    return running
  }

  async #watch(task: () => Promise<void>): Promise<void> {
    const timer = setTimeout(() => {
      this.#stalled = true
      this.#options.onStall()
    }, this.#options.timeoutMs)
    try {
      await task()
    } finally {
      clearTimeout(timer)
      if (this.#stalled) this.#options.onResume()
      this.#stalled = false
    }
  }
}
