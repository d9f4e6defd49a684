/** Lets a few tasks run at a time. The others wait in line, so many at most, and leave it when they are called off. */
export class Semaphore {
  #free: number
  readonly #maxWaiting: number
  readonly #waiting = new Set<() => void>()

  constructor(atATime: number, maxWaiting: number) {
    this.#free = atATime
    this.#maxWaiting = maxWaiting
  }

  /**
   * Runs the task when its turn comes; the turn lasts until the task has settled.
   *
   * @throws Error if the line is full, the signal's reason if it aborts before the turn comes, and what the task throws
   */
  async run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await this.#wait(signal)
    try {
      return await task()
    } finally {
      const [next] = this.#waiting
      if (next) next()
      else this.#free += 1
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.#maxWaiting) throw new Error(`${this.#maxWaiting} lookups are waiting already`)
    return new Promise((resolve, reject) => {
      const settle = (done: () => void) => {
        this.#waiting.delete(enter)
        signal.removeEventListener('abort', leave)
        done()
      }
      const enter = () => settle(resolve)
      const leave = () => settle(() => reject(signal.reason))
      this.#waiting.add(enter)
      signal.addEventListener('abort', leave)
    })
  }
}
