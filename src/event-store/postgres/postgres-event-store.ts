import type { EventReader } from '../event-reader.ts'
import type { AppendResult, Entry, EventStore } from '../event-store.ts'
import type { PostgresAppender } from './postgres-appender.ts'
import type { PostgresEventReader } from './reading/postgres-event-reader.ts'

/** What the store is made of; see `openPostgresEventStore`. */
export interface Parts<Kind extends string> {
  readonly kinds: readonly Kind[]
  /** Whether redeliveries are recognized. */
  readonly hasWindow: boolean
  readonly appender: PostgresAppender
  readonly openReader: () => Promise<PostgresEventReader<Kind>>
  readonly onClosed: () => void
}

/** Stores entries in tables that several receivers share, which recognize redeliveries for all of them. */
export class PostgresEventStore<Kind extends string> implements EventStore<Kind> {
  readonly #parts: Parts<Kind>
  /** Repeatable events that are being stored here. A redelivery in the meantime shares the outcome. */
  readonly #inFlight = new Map<string, Promise<AppendResult>>()

  constructor(parts: Parts<Kind>) {
    this.#parts = parts
  }

  async append(entry: Entry<Kind>): Promise<AppendResult> {
    const { kinds, hasWindow, appender } = this.#parts
    const { kind, id, repeatable } = entry
    if (!kinds.includes(kind)) throw new Error(`the event store was opened without the kind "${kind}"`)
    if (!repeatable || !hasWindow) return appender.append(entry, false, () => {})
    const first = this.#inFlight.get(id)
    if (first) {
      await first
      return 'replayed'
    }
    const storing = appender.append(entry, true, () => this.#inFlight.delete(id))
    this.#inFlight.set(id, storing)
    return storing
  }

  openReader(): Promise<EventReader<Kind>> {
    return this.#parts.openReader()
  }

  get queuedBytes(): number {
    return this.#parts.appender.queuedBytes
  }

  checkReady(): Promise<void> {
    return this.#parts.appender.checkReady()
  }

  async close(): Promise<void> {
    await this.#parts.appender.close()
    this.#parts.onClosed()
  }

  giveUp(): void {
    this.#parts.appender.giveUp()
  }
}
