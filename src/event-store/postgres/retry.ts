/** Times are in milliseconds. */
export interface RetryLimits {
  /** Between a failure and the next try. Doubles with each consecutive failure, up to `maxRetryMs`. */
  readonly minRetryMs: number
  readonly maxRetryMs: number
}

/** When to try again after failures: one caller waits for its turn. */
export class Retry {
  readonly #limits: RetryLimits
  /** As `performance.now()`; undefined while there are no failures. */
  #failingSince: number | undefined
  #failedAt = -Infinity
  #delay = 0
  #wake = () => {}

  constructor(limits: RetryLimits) {
    this.#limits = limits
  }

  get isFailing(): boolean {
    return this.#failingSince !== undefined
  }

  failed(): void {
    const { minRetryMs, maxRetryMs } = this.#limits
    this.#failedAt = performance.now()
    this.#failingSince ??= this.#failedAt
    this.#delay = Math.min(Math.max(this.#delay * 2, minRetryMs), maxRetryMs)
  }

  /** @returns how long it had failed; undefined if it had not */
  succeeded(): number | undefined {
    if (this.#failingSince === undefined) return undefined
    const failedMs = performance.now() - this.#failingSince
    this.#failingSince = undefined
    this.#delay = 0
    return failedMs
  }

  /**
   * Waits until the next try.
   *
   * @param isUrgent whether to wait only as long as after a first failure; asked again after `hurry`
   */
  async waitForTurn(isUrgent: () => boolean): Promise<void> {
    const delay = this.#delay * (0.5 + Math.random() / 2)
    while (this.isFailing) {
      const left = this.#failedAt + (isUrgent() ? this.#limits.minRetryMs : delay) - performance.now()
      if (left <= 0) return
      await this.#sleep(left)
    }
  }

  /** Has the caller that waits ask again whether it is urgent. */
  hurry(): void {
    this.#wake()
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.ceil(milliseconds))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
