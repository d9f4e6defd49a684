import { describe, expect, test } from 'vitest'
import { StoreUnavailableError } from '../../../src/event-store/event-store.ts'
import { Entries, idsOf, scanIds } from './entries.ts'
import type { OpenTestStore } from './test-store.ts'

export function describeAppending(open: OpenTestStore): void {
  describe('appending', () => {
    test('stores a record once: redeliveries are replayed, also concurrent ones and after a restart', async () => {
      const entries = new Entries()
      const testStore = await open()
      const first = entries.repeatable('a')
      const append = () => testStore.store.append(entries.again(first))
      const results = await Promise.all([testStore.store.append(first), append(), append()])
      expect(results).toEqual(['stored', 'replayed', 'replayed'])
      expect(await append()).toBe('replayed')
      await testStore.restart()
      expect(await append()).toBe('replayed')
      const { entries: stored } = await (await testStore.store.openReader()).read({ after: {}, limit: 10 })
      expect(stored.map(({ record }) => record)).toEqual([first.record])
    })

    test('stores every record with an id that is not repeatable', async () => {
      const entries = new Entries()
      const { store } = await open()
      const first = entries.unique('a')
      expect(await store.append(first)).toBe('stored')
      expect(await store.append(entries.again(first))).toBe('stored')
      expect(await scanIds(await store.openReader())).toEqual([first.id, first.id])
    })

    test('a record is seen by all ways of reading once its append has returned, and by none before', async () => {
      const entries = new Entries()
      const testStore = await open()
      const { store } = testStore
      const reader = await store.openReader()
      const [first, second] = [entries.unique('a'), entries.unique('a')]
      await store.append(first)
      const end = await reader.end()
      const seen = async () => [
        await scanIds(reader),
        idsOf((await reader.read({ after: {}, limit: 10 })).entries),
        idsOf((await reader.read({ before: {}, limit: 10 })).entries).reverse(),
      ]
      const { holding, release } = testStore.hold()
      const storing = store.append(second)
      await holding()
      expect(await seen()).toEqual(Array(3).fill([first.id]))
      expect(await reader.find(second.id)).toBeUndefined()
      expect(await reader.end()).toEqual(end)
      release()
      await storing
      expect(await seen()).toEqual(Array(3).fill([first.id, second.id]))
      expect((await reader.find(second.id))?.id).toBe(second.id)
      expect(await scanIds(reader, end)).toEqual([second.id])
    })

    test.for([0, 2])(
      'records rejected as not stored are never read, and can be stored later (failure %i)',
      async (how) => {
        const entries = new Entries()
        const testStore = await open()
        const reader = await testStore.store.openReader()
        const [first, rejected, last] = [entries.unique('a'), entries.repeatable('a'), entries.unique('a')]
        const others = Array.from({ length: 5 }, () => entries.unique('a'))
        await testStore.store.append(first)
        const end = await reader.end()
        testStore.failAppends(how)
        const appending = [rejected, ...others].map((entry) => testStore.store.append(entry))
        for (const result of await Promise.allSettled(appending)) {
          const reason = result.status === 'rejected' ? result.reason : undefined
          expect(reason).toBeInstanceOf(StoreUnavailableError)
          expect(reason).toMatchObject({ mayBeStored: false })
        }
        await expect(testStore.store.checkReady()).rejects.toThrow(StoreUnavailableError)
        expect(await scanIds(reader)).toEqual([first.id])
        testStore.heal()
        await testStore.store.checkReady()
        expect(await testStore.store.append(last)).toBe('stored')
        expect(await testStore.store.append(entries.again(rejected))).toBe('stored')
        expect(await scanIds(reader, end)).toEqual([last.id, rejected.id])
        await testStore.restart()
        expect(await scanIds(await testStore.store.openReader())).toEqual([first.id, last.id, rejected.id])
      },
    )

    test('closing stores the waiting records and rejects later ones', async () => {
      const entries = new Entries()
      const testStore = await open()
      const { store } = testStore
      const waiting = [entries.unique('a'), entries.unique('b')]
      const storing = waiting.map((entry) => store.append(entry))
      const closing = store.close()
      const late = entries.unique('a')
      await expect(store.append(late)).rejects.toThrow(StoreUnavailableError)
      expect(await Promise.all(storing)).toEqual(['stored', 'stored'])
      await closing
      await testStore.restart()
      expect(await scanIds(await testStore.store.openReader())).toEqual(idsOf(waiting))
    })
  })
}
