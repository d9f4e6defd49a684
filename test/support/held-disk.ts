import type { FileOperations } from '../../src/event-store/files/file-operations.ts'
import { type Faults, faultyDisk } from './faulty-disk.ts'

/** A disk whose syncs hang for as long as the test wants. */
export class HeldDisk {
  readonly operations: FileOperations
  /** Whether the next sync hangs. */
  hangs: boolean
  /** How many syncs there were, hanging or not. */
  syncs = 0
  readonly #faults: Faults
  #waiting: (() => void)[] = []

  constructor({ hangs = false, ...faults }: Faults & { hangs?: boolean } = {}) {
    this.hangs = hangs
    this.#faults = faults
    this.operations = faultyDisk({ ...faults, datasync: () => this.#sync() })
  }

  /** Waits until so many syncs hang. Unlike vi.waitFor, this does not advance fake timers. */
  async holding(count = 1): Promise<void> {
    const deadline = Date.now() + 5000
    while (this.#waiting.length < count) {
      if (Date.now() > deadline) throw new Error(`only ${this.#waiting.length} of ${count} syncs hang`)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Lets the syncs that hang, and those that follow, succeed. */
  release(): void {
    this.hangs = false
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #sync(): Promise<void> | undefined {
    this.syncs++
    const failing = this.#faults.datasync?.()
    if (failing) return failing
    return this.hangs ? new Promise((resolve) => void this.#waiting.push(resolve)) : undefined
  }
}
