import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type FileOperations, nodeFileOperations } from '../../../src/event-store/files/file-operations.ts'
import { readRecentIds } from '../../../src/event-store/files/recent-ids.ts'
import { isRepeatableId } from '../../../src/events/identity.ts'
import { createTelemetry } from '../../../src/telemetry.ts'
import { openTestEventStore, type TestKind, uniqueEntry } from '../../support/event-store.ts'
import { countingDisk, failing, faultyDisk } from '../../support/faulty-disk.ts'
import { makeFolder, readRecords } from '../../support/folder.ts'
import { HeldDisk } from '../../support/held-disk.ts'

const HOUR = 3_600_000
const id = (number: number) => String(number).padStart(64, '0')
const at = (ms: number) => new Date(ms).toISOString()
const record = (number: number, receivedAt = Date.now()) => ({ event_id: id(number), received_at: at(receivedAt) })

describe('the event store', () => {
  const entry = (number: number, kind: TestKind = 'a') => ({
    kind,
    id: id(number),
    repeatable: true,
    record: record(number),
  })

  test('stores an event once', async () => {
    const { eventStore, directory } = await openTestEventStore()
    expect(await eventStore.append(entry(1))).toBe('stored')
    expect(await eventStore.append(entry(1))).toBe('replayed')
    expect(await eventStore.append(entry(2))).toBe('stored')
    expect(readRecords(directory, 'a.jsonl')).toHaveLength(2)
  })

  test('stores a record that is not repeatable every time, and does not remember its id', async () => {
    const window = { ttlMs: HOUR, maxEvents: 1 }
    const first = await openTestEventStore({ window })
    const again = uniqueEntry()
    expect(await first.eventStore.append(entry(1))).toBe('stored')
    for (let i = 0; i < 2; i++) expect(await first.eventStore.append(again)).toBe('stored')
    expect(readRecords(first.directory, 'a.jsonl')).toHaveLength(3)
    expect(await first.eventStore.append(entry(1))).toBe('replayed')
    await first.close()
    const { eventStore } = await openTestEventStore({ directory: first.directory, window })
    expect(await eventStore.append(entry(1))).toBe('replayed')
  })

  test('rejects a kind without a log file', async () => {
    const { eventStore } = await openTestEventStore({ files: new Map([['b', 'b.jsonl']]) })
    await expect(eventStore.append(entry(1))).rejects.toThrow('opened without a file for "a"')
  })

  test('remembers ids across a restart, from every file', async () => {
    const first = await openTestEventStore()
    await first.eventStore.append(entry(1))
    await first.eventStore.append(entry(2, 'b'))
    await first.close()
    const { eventStore } = await openTestEventStore({ directory: first.directory })
    expect(await eventStore.append(entry(1))).toBe('replayed')
    expect(await eventStore.append(entry(2, 'b'))).toBe('replayed')
  })

  test.for(['a.jsonl.1', 'a.jsonl-20260329'])(
    'remembers ids across a restart from a file that a rotation renamed to %s',
    async (rotated) => {
      const first = await openTestEventStore()
      await first.eventStore.append(entry(1))
      renameSync(`${first.directory}/a.jsonl`, `${first.directory}/${rotated}`)
      await first.eventStore.append(entry(2))
      await first.close()
      writeFileSync(`${first.directory}/a.jsonl.2.gz`, Buffer.alloc(3_000_000, 0x8b))
      const { eventStore } = await openTestEventStore({ directory: first.directory })
      expect(await eventStore.append(entry(1))).toBe('replayed')
      expect(await eventStore.append(entry(2))).toBe('replayed')
    },
  )

  test('something that only looks like a rotated file does not prevent startup', async () => {
    const first = await openTestEventStore()
    await first.eventStore.append(entry(1))
    await first.close()
    mkdirSync(`${first.directory}/a.jsonl.old`)
    execFileSync('mkfifo', [`${first.directory}/a.jsonl.pipe`])
    writeFileSync(`${first.directory}/a.jsonl.1`, 'unreadable')
    const fault = failing('EACCES')
    const operations = faultyDisk({ open: (path) => void (path.endsWith('.1') && fault.check()) })
    const { eventStore, incidents } = await openTestEventStore({ directory: first.directory, operations })
    expect(await eventStore.append(entry(1))).toBe('replayed')
    expect(incidents).toMatchObject([{ level: 'warn', file: 'a.jsonl.1' }])
  })

  test.for([
    { ttlMs: 0, maxEvents: 1000 },
    { ttlMs: HOUR, maxEvents: 0 },
  ])('%j disables deduplication', async (window) => {
    const { eventStore } = await openTestEventStore({ window })
    expect(await eventStore.append(entry(1))).toBe('stored')
    expect(await eventStore.append(entry(1))).toBe('stored')
  })

  test('a redelivery while the event is being stored waits and shares the success', async () => {
    const { eventStore, directory } = await openTestEventStore()
    const deliveries = await Promise.all(Array.from({ length: 10 }, () => eventStore.append(entry(1))))
    expect(deliveries.sort()).toEqual([...Array(9).fill('replayed'), 'stored'])
    expect(readRecords(directory, 'a.jsonl')).toHaveLength(1)
  })

  test('a redelivery while the event is being stored shares the failure, and the event can be stored later', async () => {
    const fault = failing('ENOSPC')
    fault.on = false
    const { eventStore, directory } = await openTestEventStore({
      operations: faultyDisk({ write: () => fault.check() }),
    })
    fault.on = true
    const results = await Promise.allSettled([eventStore.append(entry(1)), eventStore.append(entry(1))])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    fault.on = false
    expect(await eventStore.append(entry(1))).toBe('stored')
    expect(readRecords(directory, 'a.jsonl')).toHaveLength(1)
  })
})

/** Opens an event log whose syncs hang while the test wants, and whose time-out of a second only the test lets pass. */
async function openHeld() {
  const disk = new HeldDisk()
  const limits = { maxQueueBytes: 1 << 20, maxBatchBytes: 1, stallTimeoutMs: 1000 }
  const opened = await openTestEventStore({ operations: disk.operations, limits })
  onTestFinished(() => disk.release())
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  disk.hangs = true
  return { ...opened, disk }
}

test('a redelivery while nobody can tell yet is not stored beside the first', async () => {
  const { eventStore, directory, disk } = await openHeld()
  const entry = { kind: 'a' as const, id: id(1), repeatable: true, record: record(1) }
  const first = eventStore.append(entry)
  await disk.holding()
  vi.advanceTimersByTime(1000)
  await expect(first).rejects.toMatchObject({ mayBeStored: true })
  await expect(eventStore.append(entry)).rejects.toMatchObject({ mayBeStored: true })
  disk.release()
  await vi.waitFor(async () => expect(await eventStore.append(entry)).toBe('replayed'))
  expect(readRecords(directory, 'a.jsonl')).toHaveLength(1)
})

test('an event that is rejected immediately can be stored later', async () => {
  const limits = { maxQueueBytes: 10, maxBatchBytes: 1000, stallTimeoutMs: 5000 }
  const { eventStore } = await openTestEventStore({ limits })
  const entry = { kind: 'a' as const, id: id(1), repeatable: true, record: record(1) }
  const filling = eventStore.append(uniqueEntry({ large: 'x'.repeat(100) }))
  await expect(eventStore.append(entry)).rejects.toThrow('too many records are waiting')
  await filling
  expect(await eventStore.append(entry)).toBe('stored')
})

describe('an event that was rejected while it waited for the disk can be stored later', () => {
  const entry = { kind: 'a' as const, id: id(1), repeatable: true, record: record(1) }

  test('after a sync that hung', async () => {
    const { eventStore, directory, disk } = await openHeld()
    const hung = expect(eventStore.append(uniqueEntry())).rejects.toMatchObject({ mayBeStored: true })
    await disk.holding()
    vi.advanceTimersByTime(500)
    const refused = expect(eventStore.append(entry)).rejects.toMatchObject({ mayBeStored: false })
    vi.advanceTimersByTime(500)
    await Promise.all([hung, refused])
    disk.release()
    await vi.waitFor(async () => expect(await eventStore.append(entry)).toBe('stored'))
    expect(readRecords(directory, 'a.jsonl')).toHaveLength(2)
  })

  test('after a sync that was slow', async () => {
    const { eventStore, directory, disk } = await openHeld()
    const first = eventStore.append(uniqueEntry())
    await disk.holding()
    vi.advanceTimersByTime(600)
    const second = expect(eventStore.append(uniqueEntry())).rejects.toMatchObject({ mayBeStored: true })
    const refused = expect(eventStore.append(entry)).rejects.toMatchObject({ mayBeStored: false })
    disk.release()
    disk.hangs = true
    await first
    await disk.holding()
    vi.advanceTimersByTime(1000)
    await Promise.all([second, refused])
    disk.release()
    await vi.waitFor(async () => expect(await eventStore.append(entry)).toBe('stored'))
    expect(readRecords(directory, 'a.jsonl')).toHaveLength(3)
  })
})

describe('reading recent ids', () => {
  const now = Date.parse('2026-03-29T03:30:00Z')
  const limits = { ttlMs: 24 * HOUR, maxEvents: 100 }
  const write = (lines: object[]) => {
    const path = `${makeFolder()}/log.jsonl`
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    utimesSync(path, now / 1000, now / 1000)
    return path
  }
  const options = (operations: FileOperations, window = limits) => ({
    operations,
    limits: window,
    now,
    isRepeatable: isRepeatableId,
    telemetry: createTelemetry(),
  })
  const idsOf = async (paths: string[], window = limits) =>
    (await readRecentIds(paths, options(nodeFileOperations, window))).map((stored) => Number(stored.id))

  test('returns the ids within the window across all files, oldest first', async () => {
    const one = write([record(1, now - 25 * HOUR), record(3, now - 3 * HOUR), record(5, now - HOUR)])
    const two = write([record(2, now - 23 * HOUR), record(4, now - 2 * HOUR)])
    expect(await idsOf([one, two, '/nowhere/none.jsonl'])).toEqual([2, 3, 4, 5])
  })

  test('returns the newest ids across all files if there are too many', async () => {
    const one = write([record(1, now - 4000), record(3, now - 2000)])
    const two = write([record(2, now - 3000), record(4, now - 1000)])
    expect(await idsOf([one, two], { ...limits, maxEvents: 3 })).toEqual([2, 3, 4])
  })

  test('does not stop at a record whose clock was ahead or behind', async () => {
    const path = write([record(1, now - 2 * HOUR), record(2, now - 24.5 * HOUR), record(3, now + HOUR), record(4, now)])
    expect(await idsOf([path])).toEqual([1, 4, 3].sort())
  })

  test('a clock that was almost an hour behind does not hide earlier records, however many there are', async () => {
    const many = (first: number, receivedAt: number) =>
      Array.from({ length: 8000 }, (_, index) => ({ filler: 'x'.repeat(150), ...record(first + index, receivedAt) }))
    const path = write([...many(0, now - 2 * HOUR), ...many(8000, now - 24.9 * HOUR)])
    const found = await idsOf([path], { ...limits, maxEvents: 100_000 })
    expect(found).toEqual(Array.from({ length: 8000 }, (_, index) => index))
  })

  test('does not read a file that was last modified before the window', async () => {
    const path = write([record(1, now - 26 * HOUR)])
    const lastWritten = (now - 26 * HOUR) / 1000
    utimesSync(path, lastWritten, lastWritten)
    const { operations, bytesRead } = countingDisk()
    expect(await readRecentIds([path], options(operations))).toEqual([])
    expect(bytesRead()).toBe(0)
  })

  test('a visitor cannot forge an id: strings, nested keys and lines of other programs do not count', async () => {
    const forged = { event_id: id(666), received_at: at(now) }
    const path = write([
      { message: JSON.stringify(forged), ...record(1, now) },
      { response: forged, ...record(2, now), extra: forged },
      { ...record(3, now), extra: { deep: [forged] } },
      { event_id: 'a-random-uuid', received_at: at(now) },
      { no: 'id' },
    ])
    appendFileSync(path, 'no JSON "event_id":" "event_id":"\n\n')
    expect((await idsOf([path])).sort()).toEqual([1, 2, 3])
  })

  test('reads several blocks, and lines longer than a block', async () => {
    const filler = 'é'.repeat(700_000)
    const path = write(Array.from({ length: 8 }, (_, index) => ({ filler, ...record(index, now - 8000 + index) })))
    expect(await idsOf([path])).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  test.for<[string, (index: number) => object]>([
    ['old records', (index) => record(index, now - 30 * HOUR)],
    [
      'old records without a repeatable id',
      (index) => ({ ...record(index, now - 30 * HOUR), event_id: `uuid-${index}` }),
    ],
    [
      'lines of another program',
      (index) => ({ event: 'ticket.created', data: { number: index }, more: 'x'.repeat(60) }),
    ],
  ])('reads no further back than the start of the window: %s', async ([, older]) => {
    const path = write([...Array.from({ length: 60_000 }, (_, index) => older(index)), record(7, now)])
    const { operations, bytesRead } = countingDisk()
    const found = await readRecentIds([path], options(operations))
    expect(found).toHaveLength(1)
    expect(bytesRead()).toBeLessThan(2_200_000)
  })
})
