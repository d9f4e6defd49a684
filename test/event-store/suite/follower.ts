import { expect } from 'vitest'
import type { Cursor, EventReader } from '../../../src/event-store/event-reader.ts'
import type { TestKind } from '../../support/event-store.ts'
import { idsOf, KINDS } from './entries.ts'
import type { Counts, StoreModel } from './store-model.ts'

/** Follows in the background, across restarts of the store. */
export class Follower {
  readonly #seen: Record<TestKind, string[]> = { a: [], b: [], other: [] }
  readonly #from: Counts
  #cursor: string
  #controller = new AbortController()
  #ended: Promise<void> = Promise.resolve()
  #error: unknown

  constructor(cursor: Cursor<TestKind>, from: Counts) {
    this.#cursor = JSON.stringify(cursor)
    this.#from = from
  }

  start(reader: EventReader<TestKind>): void {
    this.#controller = new AbortController()
    this.#ended = this.#follow(reader).catch((error: unknown) => {
      this.#error = error
    })
  }

  /** Stops wherever it is, which must be within what the store holds. */
  async stop(model: StoreModel): Promise<void> {
    this.#controller.abort()
    await this.#ended
    if (this.#error) throw this.#error
    for (const kind of KINDS) {
      expect(this.#seen[kind]).toEqual(this.#expected(model, kind).slice(0, this.#seen[kind].length))
    }
  }

  /** Waits until it has seen everything, then stops. */
  async finish(model: StoreModel): Promise<void> {
    const isBehind = () => KINDS.some((kind) => this.#seen[kind].length < this.#expected(model, kind).length)
    const deadline = Date.now() + 10_000
    while (isBehind() && !this.#error && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve))
    await this.stop(model)
    for (const kind of KINDS) expect(this.#seen[kind]).toEqual(this.#expected(model, kind))
  }

  async #follow(reader: EventReader<TestKind>): Promise<void> {
    const { signal } = this.#controller
    for await (const { entry, cursor } of reader.follow({ after: JSON.parse(this.#cursor), signal })) {
      this.#seen[entry.kind].push(entry.id)
      this.#cursor = JSON.stringify(cursor)
    }
  }

  #expected(model: StoreModel, kind: TestKind): string[] {
    return idsOf(model.order[kind].slice(this.#from[kind] ?? 0))
  }
}
