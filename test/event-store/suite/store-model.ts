import { expect } from 'vitest'
import type { EventReader, StoredEntry } from '../../../src/event-store/event-reader.ts'
import { type AppendResult, type Entry, StoreUnavailableError } from '../../../src/event-store/event-store.ts'
import type { TestKind } from '../../support/event-store.ts'
import { asStored, KINDS } from './entries.ts'

type Stored = StoredEntry<TestKind>

/** How many entries of each kind are before a cursor; undefined for a kind that it leaves out. */
export type Counts = Readonly<Partial<Record<TestKind, number>>>

/** What a store must hold: the order in which entries were first read, which must never change. */
export class StoreModel {
  readonly order: Record<TestKind, Stored[]> = { a: [], b: [], other: [] }
  /** Acknowledged since the last observation. */
  #acknowledged: Stored[] = []
  /** Rejected with an unknown outcome, and not seen so far. */
  #doubtful: Stored[] = []

  /** @param remembersIds whether a redelivery of anything stored must be recognized */
  settle(entry: Entry<TestKind>, result: PromiseSettledResult<AppendResult>, remembersIds: boolean): void {
    if (result.status === 'rejected') {
      expect(result.reason).toBeInstanceOf(StoreUnavailableError)
      if (result.reason.mayBeStored) this.#doubtful.push(asStored(entry))
      return
    }
    const isKnown = this.#holds(this.order[entry.kind], entry) || this.#holds(this.#acknowledged, entry)
    if (result.value === 'replayed') expect(isKnown, 'replayed is stored').toBe(true)
    else {
      if (entry.repeatable && remembersIds) expect(isKnown, 'stored again').toBe(false)
      this.#acknowledged.push(asStored(entry))
    }
  }

  /** Reads everything: what was there before, then what was acknowledged since and possibly what was doubtful. */
  async observe(reader: EventReader<TestKind>): Promise<void> {
    const seen = await scanByKind(reader)
    for (const kind of KINDS) {
      const known = this.order[kind]
      expect(seen[kind].slice(0, known.length)).toEqual(known)
      const added = seen[kind].slice(known.length)
      const acknowledged = this.#acknowledged.filter((entry) => entry.kind === kind)
      const unexpected = added.filter((entry) => !contains(acknowledged, entry))
      expect(added.filter((entry) => contains(acknowledged, entry)).sort(byTime)).toEqual(acknowledged.sort(byTime))
      for (const entry of unexpected) {
        expect(contains(this.#doubtful, entry), `${entry.id} was rejected or appears twice`).toBe(true)
        this.#doubtful = this.#doubtful.filter(({ receivedAt }) => receivedAt !== entry.receivedAt)
      }
      known.push(...added)
    }
    this.#acknowledged = []
  }

  /** What a read after a cursor returns. */
  after(from: Counts, kinds: readonly TestKind[], since = -Infinity): Stored[] {
    const rest = kinds.map((kind) => this.order[kind].slice(from[kind] ?? 0))
    return merge(
      rest.map((entries) => entries.filter(({ receivedAt }) => receivedAt >= since)),
      (left, right) => left.receivedAt < right.receivedAt,
    )
  }

  /** What a read before a cursor returns. */
  before(from: Counts, kinds: readonly TestKind[]): Stored[] {
    const rest = kinds.map((kind) => this.order[kind].slice(0, from[kind] ?? this.order[kind].length).reverse())
    return merge(rest, (left, right) => left.receivedAt > right.receivedAt)
  }

  latest(id: string): Stored | undefined {
    const latest = KINDS.flatMap((kind) => this.order[kind].findLast((entry) => entry.id === id) ?? [])
    return latest.sort(byTime).at(-1)
  }

  end(): Counts {
    return { a: this.order.a.length, b: this.order.b.length, other: this.order.other.length }
  }

  #holds(entries: readonly Stored[], { id }: Entry<TestKind>): boolean {
    return entries.some((entry) => entry.id === id)
  }
}

export async function scanByKind(reader: EventReader<TestKind>): Promise<Record<TestKind, Stored[]>> {
  const seen: Record<TestKind, Stored[]> = { a: [], b: [], other: [] }
  for await (const { entry } of reader.scan()) seen[entry.kind].push(entry)
  return seen
}

function byTime(left: Stored, right: Stored): number {
  return left.receivedAt - right.receivedAt
}

/** Times are unique. */
function contains(entries: readonly Stored[], { receivedAt }: Stored): boolean {
  return entries.some((entry) => entry.receivedAt === receivedAt)
}

function merge(lists: Stored[][], isBefore: (left: Stored, right: Stored) => boolean): Stored[] {
  const merged: Stored[] = []
  for (;;) {
    let next: Stored[] | undefined
    for (const list of lists) {
      const [head] = list
      if (head && (!next?.[0] || isBefore(head, next[0]))) next = list
    }
    const entry = next?.shift()
    if (!entry) return merged
    merged.push(entry)
  }
}
