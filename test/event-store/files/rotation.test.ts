/** Log files that the store rotates itself. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { nodeFileOperations } from '../../../src/event-store/files/file-operations.ts'
import { openTestEventStore, type TestKind, uniqueEntry } from '../../support/event-store.ts'
import { systemError } from '../../support/faulty-disk.ts'
import { makeFolder } from '../../support/folder.ts'
import { collect } from '../../support/log-files.ts'

type Store = Awaited<ReturnType<typeof openTestEventStore>>

const logFiles = (directory: string) => readdirSync(directory).filter((name) => name.startsWith('a.jsonl'))

async function storedIds({ eventStore }: Store): Promise<string[]> {
  const reader = await eventStore.openReader()
  return (await collect(reader.scan())).map(({ entry }) => entry.id)
}

async function appendMany({ eventStore }: Store, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const entry = uniqueEntry({ text: 'x'.repeat(100) })
    await eventStore.append(entry)
    ids.push(entry.id)
  }
  return ids
}

describe('by size', () => {
  const rotation = { maxBytes: 1000, daily: false, gzip: false, keepMs: undefined }

  test('no file becomes larger, and all entries remain in order, also over restarts', async () => {
    const directory = makeFolder()
    const ids: string[] = []
    for (let start = 0; start < 3; start++) {
      const store = await openTestEventStore({ directory, rotation })
      ids.push(...(await appendMany(store, 20)))
      expect(await storedIds(store)).toEqual(ids)
      await store.close()
    }
    const sizes = logFiles(directory).map((name) => statSync(join(directory, name)).size)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1000)
    // Four entries fit into a file.
    expect(sizes.length).toBeGreaterThanOrEqual(15)
    expect(sizes.length).toBeLessThan(20)
  })

  test('a batch that is larger than that is stored all the same', async () => {
    const store = await openTestEventStore({ rotation })
    await store.eventStore.append(uniqueEntry({ text: 'x'.repeat(3000) }))
    await store.eventStore.append(uniqueEntry({ text: 'x'.repeat(3000) }))
    expect(await storedIds(store)).toHaveLength(2)
    expect(logFiles(store.directory)).toHaveLength(2)
  })

  test('redeliveries are recognized in rotated files after a restart', async () => {
    const directory = makeFolder()
    const entries = Array.from({ length: 20 }, (_, i) => {
      const id = String(i).padStart(64, '0')
      const record = { text: 'x'.repeat(100), event_id: id, received_at: new Date().toISOString() }
      return { kind: 'a' as TestKind, id, repeatable: true, record }
    })
    const before = await openTestEventStore({ directory, rotation })
    for (const entry of entries) expect(await before.eventStore.append(entry)).toBe('stored')
    await before.close()
    expect(logFiles(directory).length).toBeGreaterThan(3)
    const after = await openTestEventStore({ directory, rotation })
    for (const entry of entries) expect(await after.eventStore.append(entry)).toBe('replayed')
  })

  test('a follower continues across rotations', async () => {
    const store = await openTestEventStore({ rotation })
    const reader = await store.eventStore.openReader()
    const controller = new AbortController()
    const following = reader.follow({ signal: controller.signal })[Symbol.asyncIterator]()
    const ids = await appendMany(store, 30)
    for (const id of ids) expect((await following.next()).value.entry.id).toBe(id)
    await following.return?.()
  })

  test('if a file cannot be renamed, events are stored in it, and that is reported once until it works', async () => {
    let fails = true
    const link = async (from: string, to: string) => {
      if (fails && to.includes('.jsonl-')) throw systemError('EPERM')
      return nodeFileOperations.link(from, to)
    }
    const store = await openTestEventStore({ rotation, operations: { ...nodeFileOperations, link } })
    const messages = () => store.incidents.map(({ level, message }) => `${level}: ${message}`)
    const ids = await appendMany(store, 20)
    expect(logFiles(store.directory)).toEqual(['a.jsonl'])
    expect(messages()).toEqual([expect.stringMatching(/^error: cannot rotate a log file/)])
    fails = false
    ids.push(...(await appendMany(store, 1)))
    expect(store.incidents[1]).toMatchObject({
      message: 'log file rotated',
      file: 'a.jsonl',
      moved_to: expect.stringMatching(/^a\.jsonl-/),
    })
    expect(logFiles(store.directory)).toHaveLength(2)
    expect(await storedIds(store)).toEqual(ids)
  })
})

describe('at midnight', () => {
  const rotation = { maxBytes: undefined, daily: true, gzip: false, keepMs: undefined }
  const at = (time: string) => vi.setSystemTime(new Date(time))

  beforeEach(() => {
    vi.stubEnv('TZ', 'Europe/Berlin')
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
    at('2026-11-24T22:59:00Z')
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllEnvs()
  })

  test('local time, before the first event of the day', async () => {
    const store = await openTestEventStore({ rotation })
    await appendMany(store, 2)
    expect(logFiles(store.directory)).toEqual(['a.jsonl'])
    at('2026-11-24T23:00:00Z')
    await appendMany(store, 2)
    expect(logFiles(store.directory)).toEqual(['a.jsonl', 'a.jsonl-20261124T230000Z'])
    at('2026-11-25T22:59:59Z')
    await appendMany(store, 1)
    expect(logFiles(store.directory)).toHaveLength(2)
    at('2026-11-25T23:30:00Z')
    await appendMany(store, 1)
    expect(logFiles(store.directory)).toHaveLength(3)
  })

  test('even if no event arrives, and empty files stay', async () => {
    const store = await openTestEventStore({ rotation })
    await appendMany(store, 1)
    at('2026-11-25T05:00:00Z')
    vi.advanceTimersByTime(60_000)
    await vi.waitFor(() => expect(logFiles(store.directory)).toEqual(['a.jsonl', 'a.jsonl-20261125T050100Z']))
    expect(readdirSync(store.directory).filter((name) => name.startsWith('b.jsonl'))).toEqual(['b.jsonl'])
  })

  test('also if the service was stopped then', async () => {
    const directory = makeFolder()
    const before = await openTestEventStore({ directory, rotation })
    await appendMany(before, 1)
    await before.close()
    at('2026-11-26T08:00:00Z')
    const after = await openTestEventStore({ directory, rotation })
    await vi.waitFor(() => expect(logFiles(directory)).toEqual(['a.jsonl', 'a.jsonl-20261126T080000Z']))
    expect(await storedIds(after)).toHaveLength(1)
  })
})
