/** `unknown` until the database has been asked for the first time. */
export type DatabaseStatus = 'ok' | 'unreachable' | 'unknown'

/** What the operator is told. */
export interface DatabaseIncident {
  readonly level: 'error' | 'info'
  readonly message: string
  /** What the driver said. */
  readonly reason?: string
}

/** Keeps how the last look-up went, and tells when that changes, and of a lasting failure once in a while: not per ticket. */
export class DatabaseHealth {
  status: DatabaseStatus = 'unknown'
  readonly #report: (incident: DatabaseIncident) => void
  readonly #every: number
  readonly #now: () => number
  #reportedAt = Number.NEGATIVE_INFINITY
  #isReported = false

  /** @param every milliseconds from one report of a failure to the next */
  constructor(report: (incident: DatabaseIncident) => void, every: number, now: () => number) {
    this.#report = report
    this.#every = every
    this.#now = now
  }

  works(): void {
    this.status = 'ok'
    if (!this.#isReported) return
    this.#isReported = false
    this.#report({ level: 'info', message: 'the project database answers again' })
  }

  fails(error: unknown): void {
    this.status = 'unreachable'
    // Once it was told that the database answers again, silence would mean that it still does.
    if (this.#isReported && this.#now() - this.#reportedAt < this.#every) return
    this.#reportedAt = this.#now()
    this.#isReported = true
    this.#report({
      level: 'error',
      message:
        'the project database gives no names, so tickets are stored with "Unknown Project": ' +
        'see that it runs and lets this service in, and that DATABASE_URL is right',
      reason: reasonOf(error),
    })
  }
}

/** Only the text: a driver's error may hold the whole connection. */
function reasonOf(error: unknown): string {
  // A host with several addresses: one error for each, and no text of its own.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
