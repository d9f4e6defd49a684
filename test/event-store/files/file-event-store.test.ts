import { mkdirSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { StoreUnavailableError } from '../../../src/event-store/event-store.ts'
import { nodeFileOperations } from '../../../src/event-store/files/file-operations.ts'
import { openTestEventStore, uniqueEntry } from '../../support/event-store.ts'
import { failing, faultyDisk, systemError } from '../../support/faulty-disk.ts'
import { makeFolder } from '../../support/folder.ts'
import { HeldDisk } from '../../support/held-disk.ts'

const id = 'a'.repeat(64)
const stored = (receivedAt: number) => `${JSON.stringify({ event_id: id, received_at: new Date(receivedAt) })}\n`

/** Counts open files. */
function countOpen() {
  const open = { files: 0 }
  const disk = faultyDisk({ close: () => void open.files-- })
  const operations = {
    ...disk,
    open: async (...args: Parameters<typeof disk.open>) => {
      const file = await disk.open(...args)
      open.files++
      return file
    },
  }
  return { open, operations }
}

test('an open log holds its directory and its files, and a closed one nothing', async () => {
  const { open, operations } = countOpen()
  const { close, directory } = await openTestEventStore({ operations })
  // The directory for its lock, a.jsonl, b.jsonl and other.jsonl.
  expect(open.files).toBe(4)
  await close()
  expect(open.files).toBe(0)
  expect(readdirSync(directory).sort()).toEqual(['a.jsonl', 'b.jsonl', 'other.jsonl'])
})

test('a log that fails to open leaves nothing open', async () => {
  const { open, operations } = countOpen()
  const directory = makeFolder()
  mkdirSync(`${directory}/b.jsonl`)
  await expect(openTestEventStore({ directory, operations })).rejects.toMatchObject({
    name: 'StoreStartError',
    message: expect.stringContaining(`${directory}/b.jsonl`),
    cause: { code: 'EISDIR' },
  })
  expect(open.files).toBe(0)
})

test('without a replay window, no log is read back at startup', async () => {
  const readdir = vi.fn(nodeFileOperations.readdir)
  const operations = { ...nodeFileOperations, readdir }
  await openTestEventStore({ operations, window: { ttlMs: 0, maxEvents: 10 } })
  expect(readdir).not.toHaveBeenCalled()
})

test('an event from the future counts as just stored', async () => {
  const directory = makeFolder()
  writeFileSync(`${directory}/a.jsonl`, stored(Date.now() + 3_600_000))
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { eventStore } = await openTestEventStore({ directory, window: { ttlMs: 1000, maxEvents: 10 } })
  const append = () => eventStore.append({ ...uniqueEntry(), id, repeatable: true })
  vi.advanceTimersByTime(999)
  expect(await append()).toBe('replayed')
  vi.advanceTimersByTime(1)
  expect(await append()).toBe('stored')
})

test('the log is ready only if each of its files is', async () => {
  const fault = failing('ENOSPC')
  fault.on = false
  const { eventStore, directory } = await openTestEventStore({ operations: faultyDisk({ write: fault.check }) })
  fault.on = true
  await expect(eventStore.append({ ...uniqueEntry(), kind: 'b' })).rejects.toThrow('b.jsonl')
  fault.on = false
  unlinkSync(`${directory}/b.jsonl`)
  mkdirSync(`${directory}/b.jsonl`)
  await expect(eventStore.checkReady()).rejects.toThrow('b.jsonl: cannot be written')
})

test('a directory that cannot be written names itself and keeps the cause', async () => {
  const fault = failing('EROFS')
  fault.on = false
  const open = (path: string) => void (path.endsWith('.probe') && fault.check())
  const { eventStore, directory } = await openTestEventStore({ operations: faultyDisk({ open }) })
  fault.on = true
  const check = eventStore.checkReady()
  await expect(check).rejects.toBeInstanceOf(StoreUnavailableError)
  await expect(check).rejects.toMatchObject({
    message: `${basename(directory)}: cannot be written`,
    cause: { code: 'EROFS' },
  })
})

test('giving up answers the callers of every file', async () => {
  const disk = new HeldDisk()
  const { eventStore } = await openTestEventStore({ operations: disk.operations })
  onTestFinished(() => disk.release())
  disk.hangs = true
  const outcomes = Promise.allSettled(
    (['a', 'b'] as const).map((kind) => eventStore.append({ ...uniqueEntry(), kind })),
  )
  await disk.holding(2)
  eventStore.giveUp()
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ reason: { message: expect.stringContaining('shutting down') } })
  }
})

test('a log whose directory cannot be listed does not open', async () => {
  const readdir = () => Promise.reject(systemError('EIO'))
  const { open, operations } = countOpen()
  await expect(openTestEventStore({ operations: { ...operations, readdir } })).rejects.toThrow('EIO')
  expect(open.files).toBe(0)
})
