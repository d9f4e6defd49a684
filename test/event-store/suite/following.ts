import { describe, expect, test } from 'vitest'
import { Entries, idsOf } from './entries.ts'
import { appendAll } from './reading.ts'
import type { OpenTestStore } from './test-store.ts'

export function describeFollowing(open: OpenTestStore): void {
  describe('following', () => {
    test('reads what is stored, then is woken by each append, and ends when the signal aborts', async () => {
      const entries = new Entries()
      const { store } = await open()
      const stored = idsOf(await appendAll(store, entries, ['a', 'b', 'a']))
      const reader = await store.openReader()
      const controller = new AbortController()
      const following = reader.follow({ signal: controller.signal })[Symbol.asyncIterator]()
      for (const id of stored) expect((await following.next()).value.entry.id).toBe(id)
      // Looking again once a second would take longer than the test may.
      for (let i = 0; i < 50; i++) {
        const next = following.next()
        const [entry] = await appendAll(store, entries, [i % 2 === 0 ? 'a' : 'b'])
        expect((await next).value.entry.id).toBe(entry?.id)
      }
      const next = following.next()
      controller.abort()
      expect(await next).toEqual({ value: undefined, done: true })
    })

    test('continues from a cursor, with the kinds that are asked for', async () => {
      const entries = new Entries()
      const { store } = await open()
      await appendAll(store, entries, ['a', 'b'])
      const reader = await store.openReader()
      const after = await reader.end()
      const [, a] = await appendAll(store, entries, ['b', 'a'])
      const controller = new AbortController()
      const following = reader.follow({ after, kinds: ['a'], signal: controller.signal })[Symbol.asyncIterator]()
      const { value } = await following.next()
      expect(value.entry.id).toBe(a?.id)
      expect(value.cursor.b).toBe(after.b)
      controller.abort()
      expect((await following.next()).done).toBe(true)
    })

    test('does not see a record before its append is certain', async () => {
      const entries = new Entries()
      const testStore = await open()
      const { store } = testStore
      const reader = await store.openReader()
      const controller = new AbortController()
      const following = reader.follow({ signal: controller.signal })[Symbol.asyncIterator]()
      const next = following.next()
      testStore.failAppends(1)
      await expect(store.append(entries.unique('a'))).rejects.toThrow()
      testStore.heal()
      const [stored] = await appendAll(store, entries, ['b'])
      expect((await next).value.entry.id).toBe(stored?.id)
      controller.abort()
      expect((await following.next()).done).toBe(true)
    })
  })
}
