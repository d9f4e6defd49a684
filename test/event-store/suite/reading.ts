import { describe, expect, test } from 'vitest'
import type { Entry, EventStore } from '../../../src/event-store/event-store.ts'
import type { TestKind } from '../../support/event-store.ts'
import { asStored, Entries, idsOf, scanIds } from './entries.ts'
import type { OpenTestStore } from './test-store.ts'

/** Stores entries of these kinds, one after the other. */
export async function appendAll(
  store: EventStore<TestKind>,
  entries: Entries,
  kinds: readonly TestKind[],
): Promise<Entry<TestKind>[]> {
  const appended: Entry<TestKind>[] = []
  for (const kind of kinds) {
    const entry = entries.unique(kind)
    await store.append(entry)
    appended.push(entry)
  }
  return appended
}

export function describeReading(open: OpenTestStore): void {
  describe('reading', () => {
    test('returns the kind, id, time and whole record of each entry', async () => {
      const { store } = await open()
      const reader = await store.openReader()
      const entry = new Entries().unique('b', { message: '<é>\u2028', list: [1, { deep: null }] })
      await store.append(entry)
      expect((await reader.read({ after: {}, limit: 1 })).entries).toEqual([asStored(entry)])
      expect(await reader.find(entry.id)).toEqual(asStored(entry))
    })

    test('keeps the order of each kind, and merges kinds by the time their entries were received', async () => {
      const entries = new Entries()
      const { store } = await open()
      const start = entries.now
      const received = async (kind: TestKind, second: number) => {
        entries.now = start + second * 1000
        return (await appendAll(store, entries, [kind]))[0]?.id
      }
      const [a0, a9, a6] = [await received('a', 0), await received('a', 9), await received('a', 6)]
      const [b7, b1] = [await received('b', 7), await received('b', 1)]
      const reader = await store.openReader()
      expect(await scanIds(reader)).toEqual([a0, b7, b1, a9, a6])
      expect(idsOf((await reader.read({ before: {}, limit: 10 })).entries)).toEqual([a6, a9, b1, b7, a0])
    })

    test('pages forwards and backwards skip and repeat nothing', async () => {
      const { store } = await open()
      const all = idsOf(await appendAll(store, new Entries(), ['a', 'a', 'b', 'a', 'b', 'other', 'a']))
      const reader = await store.openReader()
      for (const direction of ['after', 'before'] as const) {
        const ids: string[] = []
        let cursor = {}
        for (const size of [3, 3, 1, 0]) {
          const options = direction === 'after' ? { after: cursor } : { before: cursor }
          const page = await reader.read({ ...options, limit: 3 })
          expect(page.entries).toHaveLength(size)
          ids.push(...idsOf(page.entries))
          cursor = page.cursor
        }
        expect(direction === 'after' ? ids : ids.reverse()).toEqual(all)
      }
    })

    test('turning around at a cursor returns the same page, reversed', async () => {
      const { store } = await open()
      await appendAll(store, new Entries(), ['a', 'b', 'a', 'b', 'a'])
      const reader = await store.openReader()
      const first = await reader.read({ after: {}, limit: 2 })
      const second = await reader.read({ after: first.cursor, limit: 2 })
      const back = await reader.read({ before: second.cursor, limit: 2 })
      expect(idsOf(back.entries).reverse()).toEqual(idsOf(second.entries))
      const again = await reader.read({ after: back.cursor, limit: 2 })
      expect(again.entries).toEqual(second.entries)
    })

    test('an empty page keeps its place', async () => {
      const entries = new Entries()
      const { store } = await open()
      const [first] = await appendAll(store, entries, ['a', 'a'])
      const reader = await store.openReader()
      const { cursor } = await reader.read({ after: {}, limit: 1 })
      const empty = await reader.read({ after: cursor, limit: 0 })
      expect(empty.entries).toEqual([])
      expect(idsOf((await reader.read({ before: empty.cursor, limit: 9 })).entries)).toEqual([first?.id])
    })

    test('since leaves out what was received before', async () => {
      const entries = new Entries()
      const { store } = await open()
      const [, second, third] = await appendAll(store, entries, ['a', 'b', 'a'])
      const since = Date.parse(second?.record.received_at ?? '')
      const reader = await store.openReader()
      const page = await reader.read({ after: {}, since, limit: 10 })
      expect(idsOf(page.entries)).toEqual([second?.id, third?.id])
      const scanned: string[] = []
      for await (const { entry } of reader.scan({ since: since + 1 })) scanned.push(entry.id)
      expect(scanned).toEqual([third?.id])
    })

    test('find returns the latest entry with an id, of the kinds that are asked for', async () => {
      const entries = new Entries()
      const { store } = await open()
      const first = entries.unique('a')
      const second = entries.again(first)
      const third = { ...entries.again(first), kind: 'b' as const }
      for (const entry of [first, second, third]) await store.append(entry)
      await appendAll(store, entries, ['a', 'b'])
      const reader = await store.openReader()
      expect(await reader.find(first.id)).toEqual(asStored(third))
      expect(await reader.find(first.id, { kinds: ['a'] })).toEqual(asStored(second))
      expect(await reader.find(first.id, { kinds: ['other'] })).toBeUndefined()
      expect(await reader.find('unknown')).toBeUndefined()
    })

    test('only the kinds that are asked for are read, and the positions of others stay', async () => {
      const entries = new Entries()
      const { store } = await open()
      await appendAll(store, entries, ['a', 'b'])
      const reader = await store.openReader()
      const end = await reader.end()
      const [, a] = await appendAll(store, entries, ['b', 'a'])
      const page = await reader.read({ after: end, kinds: ['a'], limit: 10 })
      expect(idsOf(page.entries)).toEqual([a?.id])
      expect(page.cursor.b).toBe(end.b)
      expect(Object.keys(await reader.end({ kinds: ['b'] }))).toEqual(['b'])
    })

    test('a signal ends a scan with its reason', async () => {
      const { store } = await open()
      await appendAll(store, new Entries(), ['a', 'a'])
      const reader = await store.openReader()
      const controller = new AbortController()
      const scanning = reader.scan({ signal: controller.signal })[Symbol.asyncIterator]()
      await scanning.next()
      controller.abort(new Error('enough'))
      await expect(scanning.next()).rejects.toThrow('enough')
    })
  })
}
