import { randomUUID } from 'node:crypto'
import type { AppendResult, Entry as NewEntry } from '../event-store.ts'
import { toInertJson } from '../files/inert-json.ts'
import { Entry } from '../shared/batch-queue.ts'

export interface PendingEntryOptions {
  /** Whether the entry is stored once, however often it is delivered. */
  readonly once: boolean
  readonly timeoutMs: number
  readonly onTimeout: (entry: PendingEntry) => void
  readonly onSettled: () => void
  readonly resolve: (result: AppendResult) => void
  readonly reject: (reason: Error) => void
}

/** An entry of the next batches, until it is stored or its caller no longer waits for it. */
export class PendingEntry extends Entry {
  readonly kind: string
  readonly id: string
  readonly receivedAt: string
  /** Identifies this append. If its outcome is lost, the entry is sent again under the same attempt. */
  readonly attempt = randomUUID()
  /** Only one entry is stored under a key within the replay window. */
  readonly key: string
  result: AppendResult = 'stored'
  #isWaiting = true
  #isSent = false
  #isDoubtful = false

  constructor({ kind, id, record }: NewEntry, options: PendingEntryOptions) {
    const { once, timeoutMs, onTimeout, onSettled, resolve, reject } = options
    const line = toInertJson(record)
    const settle = { onStored: () => {}, onSettled, resolve: () => resolve(this.result), reject }
    super({ line, ...settle }, timeoutMs, () => onTimeout(this))
    this.kind = kind
    this.id = id
    this.receivedAt = record.received_at
    this.key = once ? id : this.attempt
  }

  /** Whether its append has neither returned nor failed. */
  get isWaiting(): boolean {
    return this.#isWaiting
  }

  /** Whether the server may store it, or may have done so. */
  get mayBeStored(): boolean {
    return this.#isSent || this.#isDoubtful
  }

  send(): void {
    this.#isSent = true
  }

  /** Called after it was sent, but not confirmed. */
  fail(isOutcomeKnown: boolean): void {
    this.#isSent = false
    if (!isOutcomeKnown) this.#isDoubtful = true
  }

  override store(): void {
    this.#isWaiting = false
    super.store()
  }

  override reject(reason: Error): void {
    this.#isWaiting = false
    super.reject(reason)
  }
}
