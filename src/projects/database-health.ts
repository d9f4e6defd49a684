import { reasonOf } from '../lib/error-reason.ts'
import { printableLine } from '../lib/printable.ts'

/** `unknown` until the first lookup has ended. */
export type DatabaseStatus = 'ok' | 'unreachable' | 'unknown'

/** What the operator should know. */
export interface DatabaseIncident {
  readonly level: 'error' | 'warn' | 'info'
  readonly message: string
  /** What the driver said. */
  readonly reason?: string
}

/** Keeps the outcome of the last lookup. Reports when it changes, and lasting trouble from time to time: not per ticket. */
export class DatabaseHealth {
  status: DatabaseStatus = 'unknown'
  readonly #report: (incident: DatabaseIncident) => void
  readonly #every: number
  readonly #now: () => number
  #failureReportedAt = Number.NEGATIVE_INFINITY
  #nameReportedAt = Number.NEGATIVE_INFINITY
  #isReported = false

  /** @param every milliseconds between two reports of the same trouble */
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
    // After a report that the database answers again, silence would mean that it still does.
    if (this.#isReported && this.#now() - this.#failureReportedAt < this.#every) return
    this.#failureReportedAt = this.#now()
    this.#isReported = true
    this.#report({
      level: 'error',
      message:
        'cannot read project names from the database, so tickets are stored with "Unknown Project": ' +
        "check that it is running, accepts this service's login and lets it read the tables bots and projects",
      reason: reasonOf(error),
    })
  }

  findsNameTooLong(botId: string, maxLength: number): void {
    if (this.#now() - this.#nameReportedAt < this.#every) return
    this.#nameReportedAt = this.#now()
    this.#report({
      level: 'warn',
      message:
        `the project name of bot ${printableLine(botId, 100)} has more than ${maxLength} characters, ` +
        'so its tickets are stored with "Unknown Project": shorten the name in the database',
    })
  }
}
