import { reasonOf } from '../lib/error-reason.ts'
import { printableLine } from '../lib/printable.ts'
import type { Telemetry } from '../telemetry.ts'

/** `unknown` until the first lookup has ended. */
export type DatabaseStatus = 'ok' | 'unreachable' | 'unknown'

/** Keeps the outcome of the last lookup. Emits when it changes, and from time to time while it lasts: not per ticket. */
export class DatabaseHealth {
  status: DatabaseStatus = 'unknown'
  readonly #telemetry: Telemetry
  readonly #every: number
  readonly #now: () => number
  #failureReportedAt = Number.NEGATIVE_INFINITY
  #nameReportedAt = Number.NEGATIVE_INFINITY
  /** When the failure began that was reported and is not over. */
  #failingSince: number | undefined

  /** @param every milliseconds between two reports of the same trouble */
  constructor(telemetry: Telemetry, every: number, now: () => number) {
    this.#telemetry = telemetry
    this.#every = every
    this.#now = now
  }

  works(): void {
    this.status = 'ok'
    if (this.#failingSince === undefined) return
    const unreachableMs = this.#now() - this.#failingSince
    this.#failingSince = undefined
    this.#telemetry.emit('databaseRecovered', { unreachableMs })
  }

  fails(error: unknown): void {
    this.status = 'unreachable'
    // After a report that the database answers again, silence would mean that it still does.
    if (this.#failingSince !== undefined && this.#now() - this.#failureReportedAt < this.#every) return
    this.#failureReportedAt = this.#now()
    this.#failingSince ??= this.#now()
    this.#telemetry.emit('databaseUnreachable', { reason: reasonOf(error) })
  }

  findsNameTooLong(botId: string, maxLength: number): void {
    if (this.#now() - this.#nameReportedAt < this.#every) return
    this.#nameReportedAt = this.#now()
    this.#telemetry.emit('projectNameTooLong', { botId: printableLine(botId, 100), maxLength })
  }
}
