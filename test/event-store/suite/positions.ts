import { describe, expect, test } from 'vitest'
import { type Cursor, InvalidPositionError, PositionGoneError } from '../../../src/event-store/event-reader.ts'
import type { TestKind } from '../../support/event-store.ts'
import { Entries, idsOf, scanIds } from './entries.ts'
import { appendAll } from './reading.ts'
import type { OpenTestStore } from './test-store.ts'

export function describePositions(open: OpenTestStore): void {
  describe('positions', () => {
    test('the end is after the last entry of every kind, also of one without entries', async () => {
      const entries = new Entries()
      const { store } = await open()
      const [first] = await appendAll(store, entries, ['a'])
      const reader = await store.openReader()
      const end = await reader.end()
      expect(Object.keys(end).sort()).toEqual(['a', 'b', 'other'])
      expect(await scanIds(reader, end)).toEqual([])
      const later = await appendAll(store, entries, ['b', 'a', 'other'])
      expect(await scanIds(reader, end)).toEqual(idsOf(later))
      expect(idsOf((await reader.read({ before: end, limit: 10 })).entries)).toEqual([first?.id])
    })

    test('a kind that the cursor leaves out is read from its first entry, backwards from its last', async () => {
      const { store } = await open()
      const [a0, b0, a1, b1] = idsOf(await appendAll(store, new Entries(), ['a', 'b', 'a', 'b']))
      const reader = await store.openReader()
      const { cursor } = await reader.read({ after: {}, limit: 2 })
      const partly: Cursor<TestKind> = cursor.a === undefined ? {} : { a: cursor.a }
      expect(idsOf((await reader.read({ after: partly, limit: 10 })).entries)).toEqual([b0, a1, b1])
      expect(idsOf((await reader.read({ before: partly, limit: 10 })).entries)).toEqual([b1, b0, a0])
    })

    test('each scanned entry has the cursor that continues after it, even as JSON and after a restart', async () => {
      const entries = new Entries()
      const testStore = await open()
      const all = idsOf(await appendAll(testStore.store, entries, ['a', 'b', 'a', 'b']))
      const saved: string[] = []
      for await (const { cursor } of (await testStore.store.openReader()).scan()) saved.push(JSON.stringify(cursor))
      for (const how of [0, 1]) {
        await testStore.restart(how)
        all.push(...idsOf(await appendAll(testStore.store, entries, ['a'])))
        const reader = await testStore.store.openReader()
        for (const [index, json] of saved.entries()) {
          expect(await scanIds(reader, JSON.parse(json))).toEqual(all.slice(index + 1))
        }
      }
    })

    test('the end of a store without entries, and of one whose appends fail, stays valid', async () => {
      const entries = new Entries()
      const testStore = await open()
      const ends = [await (await testStore.store.openReader()).end()]
      testStore.failAppends(0)
      await expect(testStore.store.append(entries.unique('a'))).rejects.toThrow()
      ends.push(await (await testStore.store.openReader()).end())
      await testStore.restart()
      const all = idsOf(await appendAll(testStore.store, entries, ['a', 'b']))
      for (const end of ends) expect(await scanIds(await testStore.store.openReader(), end)).toEqual(all)
    })

    test('a position that no store issued is an error', async () => {
      const { store } = await open()
      await appendAll(store, new Entries(), ['a'])
      const reader = await store.openReader()
      const cursor = { a: 'never issued' }
      await expect(reader.read({ after: cursor, limit: 1 })).rejects.toThrow(InvalidPositionError)
      await expect(reader.read({ before: cursor, limit: 1 })).rejects.toThrow(InvalidPositionError)
      await expect(scanIds(reader, cursor)).rejects.toThrow(InvalidPositionError)
      const { signal } = new AbortController()
      const following = reader.follow({ after: cursor, signal })[Symbol.asyncIterator]()
      await expect(following.next()).rejects.toThrow(InvalidPositionError)
    })

    test('a position whose entries were deleted is an error that says what is missing and where to continue', async () => {
      const entries = new Entries()
      const testStore = await open()
      const { store } = testStore
      const [a0, a1] = await appendAll(store, entries, ['a', 'a', 'b'])
      const reader = await store.openReader()
      const { cursor: after } = await reader.read({ after: {}, limit: 1 })
      await testStore.archive('a')
      const rest = await appendAll(store, entries, ['a', 'a'])
      await testStore.deleteArchived('a')

      const error = await reader.read({ after, limit: 10 }).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(PositionGoneError)
      const { gap } = error as PositionGoneError
      const timeOf = (entry = a0) => Date.parse(entry?.record.received_at ?? '')
      expect(gap).toMatchObject({ kind: 'a', until: timeOf(rest[0]) })
      expect(gap.from).toBeLessThanOrEqual(timeOf(a1))
      await expect(scanIds(reader, after)).rejects.toThrow(PositionGoneError)
      await expect(reader.read({ before: after, limit: 1 })).rejects.toThrow(PositionGoneError)
      const resumed = await reader.read({ after: { a: gap.resumeAt ?? '' }, kinds: ['a'], limit: 10 })
      expect(idsOf(resumed.entries)).toEqual(idsOf(rest))
    })

    test('if nothing remains after deleted entries, reading continues from the end', async () => {
      const entries = new Entries()
      const testStore = await open()
      const { store } = testStore
      await appendAll(store, entries, ['a', 'a'])
      const reader = await store.openReader()
      const { cursor: after } = await reader.read({ after: {}, limit: 1 })
      await testStore.archive('a')
      await testStore.deleteArchived('a')
      const error = await reader.read({ after, limit: 10 }).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(PositionGoneError)
      expect(error).toMatchObject({ gap: { kind: 'a', until: undefined, resumeAt: undefined } })
      const end = await reader.end()
      const later = await appendAll(store, entries, ['a'])
      expect(await scanIds(reader, end)).toEqual(idsOf(later))
    })
  })
}
