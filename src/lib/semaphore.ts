/** Runs a few tasks at a time. Others wait in line, which has a maximum length, and leave it when they are cancelled. */
export class Semaphore {
  #free: number
  readonly #maxWaiting: number
  readonly #waiting = new Set<() => void>()

  constructor(maxConcurrent: number, maxWaiting: number) {
    this.#free = maxConcurrent
    this.#maxWaiting = maxWaiting
  }

  /**
   * Runs a task when it is its turn, which lasts until the task settles.
   *
   * @throws Error if the line is full, the signal's reason if it aborts before it is the task's turn, and what the task
   *   throws
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
