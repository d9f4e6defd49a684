import { expect } from 'vitest'
import type { Cursor, EventReader } from '../../../src/event-store/event-reader.ts'
import type { Entry } from '../../../src/event-store/event-store.ts'
import type { TestKind } from '../../support/event-store.ts'
import { Entries, KINDS } from './entries.ts'
import { Follower } from './follower.ts'
import type { Delivery, Step } from './steps.ts'
import { type Counts, StoreModel, scanByKind } from './store-model.ts'
import type { TestStore } from './test-store.ts'

interface SavedCursor {
  readonly json: string
  readonly counts: Counts
}

/** Takes steps on a store and on its model, and compares the two. */
export class StoreRun {
  readonly #testStore: TestStore
  readonly #model = new StoreModel()
  readonly #entries = new Entries()
  readonly #delivered: Entry<TestKind>[] = []
  readonly #cursors: SavedCursor[] = [{ json: '{}', counts: {} }]
  readonly #followers: Follower[] = []
  #reader: EventReader<TestKind>

  private constructor(testStore: TestStore, reader: EventReader<TestKind>) {
    this.#testStore = testStore
    this.#reader = reader
    this.#follow({ json: '{}', counts: {} })
  }

  static async start(testStore: TestStore): Promise<StoreRun> {
    return new StoreRun(testStore, await testStore.store.openReader())
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'append':
        await this.#append(step)
        break
      case 'disturb':
        this.#testStore.disturb(step.kind, step.what)
        break
      case 'fail':
        this.#testStore.failAppends(step.how)
        break
      case 'heal':
        this.#testStore.heal()
        break
      case 'restart':
        await this.#restart(step.how)
        break
      case 'read':
        await this.#read(step)
        break
      case 'since':
        await this.#readSince(step)
        break
      case 'find':
        await this.#find(step.which)
        break
      case 'follow':
        this.#follow(this.#cursor(step.which))
        break
      default:
        this.#leaveOut(step.which)
    }
    await this.#model.observe(this.#reader)
    this.#save(await this.#reader.end(), this.#model.end())
  }

  async finish(): Promise<void> {
    for (const saved of this.#cursors) await this.#compare(saved, 'after', 1000, KINDS)
    for (const follower of this.#followers) await follower.finish(this.#model)
  }

  /** Stops the followers after a failure. */
  async abandon(): Promise<void> {
    for (const follower of this.#followers) await follower.stop(this.#model).catch(() => {})
  }

  async #append({ deliveries, disturb }: Step & { do: 'append' }): Promise<void> {
    const entries = deliveries.map((delivery) => this.#entry(delivery))
    const { store, remembersIds } = this.#testStore
    const appending = Promise.allSettled(entries.map((entry) => store.append(entry)))
    const scanning = scanByKind(this.#reader)
    const kind = deliveries[0]?.kind
    if (disturb !== undefined && kind) this.#testStore.disturb(kind, disturb)
    for (const [index, result] of (await appending).entries()) {
      const entry = entries[index]
      if (entry) this.#model.settle(entry, result, remembersIds)
    }
    const scanned = await scanning
    const before = this.#model.end()
    await this.#model.observe(this.#reader)
    for (const kind of KINDS) {
      expect(scanned[kind].length).toBeGreaterThanOrEqual(before[kind] ?? 0)
      expect(scanned[kind]).toEqual(this.#model.order[kind].slice(0, scanned[kind].length))
    }
  }

  #entry({ kind, as, which }: Delivery): Entry<TestKind> {
    const earlier = this.#delivered[which % this.#delivered.length]
    if (as === 'again' && earlier) return this.#entries.again(earlier)
    const { now } = this.#entries
    // Half a second apart from every other time.
    if (as === 'late') this.#entries.now -= 3500 - this.#delivered.length
    const entry = as === 'repeatable' && kind !== 'other' ? this.#entries.repeatable(kind) : this.#entries.unique(kind)
    if (as === 'late') this.#entries.now = now
    this.#delivered.push(entry)
    return entry
  }

  async #restart(how: number): Promise<void> {
    for (const follower of this.#followers) await follower.stop(this.#model)
    await this.#testStore.restart(how)
    this.#reader = await this.#testStore.store.openReader()
    await this.#model.observe(this.#reader)
    for (const follower of this.#followers) follower.start(this.#reader)
  }

  #read({ cursor, direction, limit, kinds }: Step & { do: 'read' | 'since' }): Promise<void> {
    return this.#compare(this.#cursor(cursor), direction, limit, kinds)
  }

  async #compare(saved: SavedCursor, direction: 'after' | 'before', limit: number, kinds: readonly TestKind[]) {
    const { json, counts } = saved
    const cursor: Cursor<TestKind> = JSON.parse(json)
    const expected = direction === 'after' ? this.#model.after(counts, kinds) : this.#model.before(counts, kinds)
    const options = direction === 'after' ? { after: cursor } : { before: cursor }
    const page = await this.#reader.read({ ...options, kinds, limit })
    expect(page.entries).toEqual(expected.slice(0, limit))
    const moved = kinds.map((kind): [TestKind, number] => {
      const taken = page.entries.filter((entry) => entry.kind === kind).length
      const from = counts[kind] ?? (direction === 'after' ? 0 : this.#model.order[kind].length)
      return [kind, direction === 'after' ? from + taken : from - taken]
    })
    if (limit < 1000) this.#save(page.cursor, { ...counts, ...Object.fromEntries(moved) })
  }

  async #readSince({ cursor, limit, kinds }: Step & { do: 'read' | 'since' }): Promise<void> {
    const { json, counts } = this.#cursor(cursor)
    const since = this.#entries.now - limit * 2000
    const { entries } = await this.#reader.read({ after: JSON.parse(json), since, kinds, limit })
    expect(entries).toEqual(this.#model.after(counts, kinds, since).slice(0, limit))
  }

  async #find(which: number): Promise<void> {
    const id = this.#delivered[which % this.#delivered.length]?.id ?? 'unknown'
    expect(await this.#reader.find(id)).toEqual(this.#model.latest(id))
  }

  #follow({ json, counts }: SavedCursor): void {
    if (this.#followers.length >= 3) return
    const follower = new Follower(JSON.parse(json), counts)
    follower.start(this.#reader)
    this.#followers.push(follower)
  }

  /** Saves a cursor again without one of its kinds. */
  #leaveOut(which: number): void {
    const { json, counts } = this.#cursor(which)
    const kind = KINDS[which % KINDS.length] ?? 'a'
    const { [kind]: _position, ...cursor } = JSON.parse(json)
    const { [kind]: _count, ...others } = counts
    this.#save(cursor, others)
  }

  #cursor(which: number): SavedCursor {
    return this.#cursors[which % this.#cursors.length] ?? { json: '{}', counts: {} }
  }

  #save(cursor: Cursor<TestKind>, counts: Counts): void {
    const json = JSON.stringify(cursor)
    const same = this.#cursors.findLast((saved) => saved.json === json)
    if (!same) this.#cursors.push({ json, counts })
    else expect(same.counts).toEqual(counts)
  }
}
