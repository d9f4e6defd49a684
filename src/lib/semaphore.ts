/** Limits the number of concurrent tasks. Other tasks wait in a bounded queue, and leave it when they are aborted. */
export class Semaphore {
  #free: number
  readonly #maxWaiting: number
  readonly #waiting = new Set<() => void>()

  constructor(maxConcurrent: number, maxWaiting: number) {
    this.#free = maxConcurrent
    this.#maxWaiting = maxWaiting
  }

  /**
   * Runs a task as soon as fewer than the maximum are running.
   *
   * @throws Error if the queue is full, the signal's reason if it aborts before the task starts, or what the task
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
    if (this.#waiting.size >= this.#maxWaiting) throw new Error(`${this.#maxWaiting} lookups are already waiting`)
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
