import { reasonOf } from '../lib/errors.ts'
import { printableLine } from '../lib/printable.ts'
import type { Telemetry } from '../telemetry.ts'

/** `unknown` until the first lookup has completed. */
export type DatabaseStatus = 'ok' | 'unreachable' | 'unknown'

/** Tracks the outcome of the last lookup. Emits when it changes, and periodically while failures continue. */
export class DatabaseHealth {
  status: DatabaseStatus = 'unknown'
  readonly #telemetry: Telemetry
  readonly #reportInterval: number
  readonly #now: () => number
  #failureReportedAt = Number.NEGATIVE_INFINITY
  #nameReportedAt = Number.NEGATIVE_INFINITY
  /** When the current outage was first reported. */
  #failingSince: number | undefined

  /** @param reportInterval milliseconds between two reports of the same failure */
  constructor(telemetry: Telemetry, reportInterval: number, now: () => number) {
    this.#telemetry = telemetry
    this.#reportInterval = reportInterval
    this.#now = now
  }

  recordSuccess(): void {
    this.status = 'ok'
    if (this.#failingSince === undefined) return
    const unreachableMs = this.#now() - this.#failingSince
    this.#failingSince = undefined
    this.#telemetry.emit('databaseRecovered', { unreachableMs })
  }

  recordFailure(error: unknown): void {
    this.status = 'unreachable'
    // A failure after a reported recovery is always reported: silence would mean that the database is still reachable.
    if (this.#failingSince !== undefined && this.#now() - this.#failureReportedAt < this.#reportInterval) return
    this.#failureReportedAt = this.#now()
    this.#failingSince ??= this.#now()
    this.#telemetry.emit('databaseUnreachable', { reason: reasonOf(error) })
  }

  recordNameTooLong(botId: string, maxLength: number): void {
    if (this.#now() - this.#nameReportedAt < this.#reportInterval) return
    this.#nameReportedAt = this.#now()
    this.#telemetry.emit('projectNameTooLong', { botId: printableLine(botId, 100), maxLength })
  }
}
