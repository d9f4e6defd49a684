import type { Cursor, EventReader, StoredEntry } from '../../../src/event-store/event-reader.ts'
import type { Entry } from '../../../src/event-store/event-store.ts'
import type { TestKind } from '../../support/event-store.ts'

export const KINDS: readonly TestKind[] = ['a', 'b', 'other']

/** Makes entries whose times differ. */
export class Entries {
  /** When the next entry is received. Recent, so that the replay window holds it after a restart. */
  now = Date.now() - 3_600_000
  #count = 0

  unique(kind: TestKind, more: object = {}): Entry<TestKind> {
    return this.#make(kind, `unique-${this.#count}`, false, more)
  }

  repeatable(kind: TestKind): Entry<TestKind> {
    return this.#make(kind, `${this.#count}`.padStart(64, '0'), true)
  }

  /** A redelivery of the same event, received later. */
  again({ kind, id, repeatable }: Entry<TestKind>): Entry<TestKind> {
    return this.#make(kind, id, repeatable)
  }

  #make(kind: TestKind, id: string, repeatable: boolean, more: object = {}): Entry<TestKind> {
    this.#count++
    this.now += 1000
    const record = { ...more, event_id: id, received_at: new Date(this.now).toISOString() }
    return { kind, id, repeatable, record }
  }
}

/** An entry as a reader returns it. */
export function asStored({ kind, id, record }: Entry<TestKind>): StoredEntry<TestKind> {
  return { kind, id, receivedAt: Date.parse(record.received_at), record: { ...record } }
}

export function idsOf(entries: readonly { readonly id: string }[]): string[] {
  return entries.map(({ id }) => id)
}

export async function scanIds(reader: EventReader<TestKind>, after: Cursor<TestKind> = {}): Promise<string[]> {
  const ids: string[] = []
  for await (const { entry } of reader.scan({ after })) ids.push(entry.id)
  return ids
}
