import { describe, expect, onTestFinished, test } from 'vitest'
import type { EventReader, FollowOptions } from '../../../src/event-store/event-reader.ts'
import type { TestKind } from '../../support/event-store.ts'
import { Entries, idsOf, scanIds } from './entries.ts'
import { appendAll } from './reading.ts'
import type { OpenTestStore } from './test-store.ts'

/** Follows until it is stopped or the test ends. */
function startFollowing(reader: EventReader<TestKind>, options: Partial<FollowOptions<TestKind>> = {}) {
  const controller = new AbortController()
  const following = reader.follow({ ...options, signal: controller.signal })[Symbol.asyncIterator]()
  const stop = () => controller.abort()
  onTestFinished(async () => {
    stop()
    await following.return?.()
  })
  return { following, stop }
}

export function describeFollowing(open: OpenTestStore): void {
  describe('following', () => {
    test('reads what is stored, then is woken by each append, and ends when the signal aborts', async () => {
      const entries = new Entries()
      const { store } = await open()
      const stored = idsOf(await appendAll(store, entries, ['a', 'b', 'a']))
      const reader = await store.openReader()
      const { following, stop } = startFollowing(reader)
      for (const id of stored) expect((await following.next()).value.entry.id).toBe(id)
      // Looking again once a second would take longer than the test may.
      for (let i = 0; i < 50; i++) {
        const next = following.next()
        const [entry] = await appendAll(store, entries, [i % 2 === 0 ? 'a' : 'b'])
        expect((await next).value.entry.id).toBe(entry?.id)
      }
      const next = following.next()
      stop()
      expect(await next).toEqual({ value: undefined, done: true })
    })

    test.for([1, 4, 7])('whoever reads is not disturbed (disturbance %i)', async (what) => {
      const entries = new Entries()
      const testStore = await open()
      const { store } = testStore
      const reader = await store.openReader()
      const { following, stop } = startFollowing(reader)
      const all: string[] = []
      const cursors = [await reader.end()]
      for (let i = 0; i < 5; i++) {
        const next = following.next()
        all.push(...idsOf(await appendAll(store, entries, ['a'])))
        expect((await next).value.entry.id).toBe(all.at(-1))
        cursors.push(await reader.end())
        testStore.disturb('a', what)
        if (i > 2) testStore.disturb('a', 0)
      }
      stop()
      for (const [index, cursor] of cursors.entries()) {
        expect(await scanIds(reader, cursor)).toEqual(all.slice(index))
        const back = await reader.read({ before: cursor, limit: 10 })
        expect(idsOf(back.entries).reverse()).toEqual(all.slice(0, index))
      }
    })

    test('continues from a cursor, with the kinds that are asked for', async () => {
      const entries = new Entries()
      const { store } = await open()
      await appendAll(store, entries, ['a', 'b'])
      const reader = await store.openReader()
      const after = await reader.end()
      const [, a] = await appendAll(store, entries, ['b', 'a'])
      const { following, stop } = startFollowing(reader, { after, kinds: ['a'] })
      const { value } = await following.next()
      expect(value.entry.id).toBe(a?.id)
      expect(value.cursor.b).toBe(after.b)
      stop()
      expect((await following.next()).done).toBe(true)
    })

    test('does not see a record before it is committed, also when it starts meanwhile', async () => {
      const entries = new Entries()
      const testStore = await open()
      const { store } = testStore
      const [first] = await appendAll(store, entries, ['a'])
      const reader = await store.openReader()
      const { holding, release } = testStore.hold()
      const storing = appendAll(store, entries, ['a'])
      await holding()
      const { following, stop } = startFollowing(reader)
      expect((await following.next()).value.entry.id).toBe(first?.id)
      const next = following.next()
      const pause = new Promise((resolve) => setTimeout(resolve, 50, 'nothing'))
      expect(await Promise.race([next, pause])).toBe('nothing')
      release()
      const [second] = await storing
      expect((await next).value.entry.id).toBe(second?.id)
      stop()
      expect((await following.next()).done).toBe(true)
    })

    test('sees nothing of a rejected append', async () => {
      const entries = new Entries()
      const testStore = await open()
      const { store } = testStore
      const reader = await store.openReader()
      const { following, stop } = startFollowing(reader)
      const next = following.next()
      testStore.failAppends(0)
      await expect(store.append(entries.unique('a'))).rejects.toThrow()
      testStore.heal()
      const [stored] = await appendAll(store, entries, ['a'])
      expect((await next).value.entry.id).toBe(stored?.id)
      stop()
      expect((await following.next()).done).toBe(true)
    })
  })
}
