/** Lets followers sleep until something may have been appended. */
export class WakeUps {
  #count = 0
  readonly #sleeping = new Set<() => void>()

  /** How often everyone was woken. */
  get count(): number {
    return this.#count
  }

  wakeAll(): void {
    this.#count++
    for (const wake of this.#sleeping) wake()
  }

  /**
   * Sleeps until everyone is woken, some time has passed, or the signal aborts.
   *
   * @param since the count before the caller last looked; it is woken at once if it has slept through a wake-up
   */
  sleep(since: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || since !== this.#count) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        this.#sleeping.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, timeoutMs)
      signal.addEventListener('abort', wake)
      this.#sleeping.add(wake)
    })
  }
}
