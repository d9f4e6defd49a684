import { type EventStore, StoreUnavailableError } from '../event-store/event-store.ts'
import type { Telemetry } from '../telemetry.ts'

/** Tells whether events can be stored right now, and emits when that changes, however often it is asked. */
export class Readiness {
  readonly #eventStore: Pick<EventStore, 'checkReady'>
  readonly #telemetry: Telemetry
  #failingSince: number | undefined
  #isDraining = false

  constructor(eventStore: Pick<EventStore, 'checkReady'>, telemetry: Telemetry) {
    this.#eventStore = eventStore
    this.#telemetry = telemetry
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  /** From now on, `/readyz` announces the shutdown. */
  drain(): void {
    this.#isDraining = true
  }

  /** Tries to write to the event store. */
  async isReady(): Promise<boolean> {
    return (await this.check()) === undefined
  }

  /** The same. @returns why it cannot be written */
  async check(): Promise<string | undefined> {
    try {
      await this.#eventStore.checkReady()
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error
      if (this.#failingSince === undefined) {
        this.#failingSince = performance.now()
        this.#telemetry.emit('readinessLost', { reason: error.message, cause: error.cause })
      }
      return error.message
    }
    if (this.#failingSince !== undefined) {
      const failedMs = performance.now() - this.#failingSince
      this.#failingSince = undefined
      this.#telemetry.emit('readinessRegained', { failedMs })
    }
    return undefined
  }
}
