import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test, vi } from 'vitest'
import { prepareDirectory, probeDirectory } from '../../../src/event-store/files/directory.ts'
import { type FileOperations, nodeFileOperations } from '../../../src/event-store/files/file-operations.ts'
import { openTestEventStore, type TestKind, uniqueEntry } from '../../support/event-store.ts'
import { type Faults, failing, faultyDisk, systemError, watchedDisk } from '../../support/faulty-disk.ts'
import { makeFolder, readRecords } from '../../support/folder.ts'
import { HeldDisk } from '../../support/held-disk.ts'
import { volatileDisk } from '../../support/volatile-disk.ts'

test('a missing directory is created, with access for the owner and the group only', async () => {
  const directory = `${makeFolder()}/a/b`
  await openTestEventStore({ directory })
  expect(statSync(directory).mode & 0o777).toBe(0o750)
  expect(statSync(`${directory}/a.jsonl`).mode & 0o777).toBe(0o640)
})

test.for(['a', 'a/b/c', 'a/b/c/', './a/./b//c', 'a/../a/b'])(
  'LOG_DIR=%s: a stored record survives a power failure, with every directory that was created for it',
  async (path) => {
    const root = makeFolder()
    const disk = volatileDisk(root)
    const directory = `${root}/${path}`
    const { eventStore, close } = await openTestEventStore({ directory, operations: disk.operations })
    const entry = uniqueEntry()
    await eventStore.append(entry)
    disk.cutPower()
    expect(readRecords(directory, 'a.jsonl')).toEqual([entry.record])
    await close()
  },
)

test.for<[string, string]>([
  ['EACCES', `sudo chown -R ${process.getuid?.()}:${process.getgid?.()}`],
  ['EPERM', `sudo chown -R ${process.getuid?.()}:${process.getgid?.()}`],
  ['EROFS', 'on a read-only file system'],
  ['ENOSPC', 'no space left'],
  ['EDQUOT', 'no space left'],
  ['EMFILE', 'cannot be used: too many files are open'],
])('%s on the directory: startup fails, and the message says what to do', async ([code, advice]) => {
  const directory = makeFolder()
  const fault = failing(code)
  const operations = faultyDisk({ open: (path) => void (path.includes('.probe') && fault.check()) })
  await expect(openTestEventStore({ directory, operations })).rejects.toThrow(advice)
  await expect(openTestEventStore({ directory, operations })).rejects.toThrow(directory)
  fault.on = false
  await openTestEventStore({ directory, operations })
})

test('a log file of another user: the message contains its path, its owner and the command to run', async () => {
  const directory = makeFolder()
  writeFileSync(`${directory}/a.jsonl`, '')
  const fault = failing('EACCES')
  const operations = faultyDisk({ open: (path) => void (path.endsWith('a.jsonl') && fault.check()) })
  const attempt = openTestEventStore({ directory, operations })
  await expect(attempt).rejects.toThrow(
    /a\.jsonl belongs to uid \d+, and this process, uid \d+, cannot write to it.*chown/,
  )
  fault.on = false
  await openTestEventStore({ directory, operations })
})

test('a directory that cannot be created: the message names the missing permission, and the error keeps its cause', async () => {
  const directory = `${makeFolder()}/absent`
  const mkdir = () => Promise.reject(systemError('EACCES'))
  const starting = openTestEventStore({ directory, operations: { ...nodeFileOperations, mkdir } })
  await expect(starting).rejects.toThrow(
    `LOG_DIR: ${directory} cannot be created: this process, uid ${process.getuid?.()}, may not write to its parent`,
  )
  await expect(starting).rejects.toMatchObject({ name: 'StoreStartError', cause: { code: 'EACCES' } })
})

test('the parent of an existing directory is left alone: this process may have no access to it', async () => {
  const parent = makeFolder()
  mkdirSync(`${parent}/logs`)
  const operations = faultyDisk({ open: (path) => void (path === parent && failing('EACCES').check()) })
  await openTestEventStore({ directory: `${parent}/logs`, operations })
})

test('the check at startup does not wait for a sync', async () => {
  const { operations, synced, closed } = watchedDisk()
  await prepareDirectory(operations, makeFolder())
  expect([synced(), closed()]).toEqual([0, 1])
})

test.skipIf(process.getuid?.() === 0)('a folder without the right to write', async () => {
  const directory = makeFolder()
  chmodSync(directory, 0o500)
  await expect(openTestEventStore({ directory })).rejects.toThrow('cannot write to it')
})

test('a file, or a path inside a file', async () => {
  const file = `${makeFolder()}/file`
  writeFileSync(file, '')
  await expect(openTestEventStore({ directory: file })).rejects.toThrow('is a file')
  await expect(openTestEventStore({ directory: `${file}/below` })).rejects.toThrow('is inside one')
})

test('a directory in place of a log file', async () => {
  const directory = makeFolder()
  mkdirSync(`${directory}/a.jsonl`)
  await expect(openTestEventStore({ directory })).rejects.toThrow('a.jsonl')
  expect(existsSync(`${directory}/.lock`)).toBe(false)
})

test('one log file for two kinds of records fails at startup, and releases the directory', async () => {
  const directory = makeFolder()
  const files = new Map<TestKind, string>([
    ['a', 'a.jsonl'],
    ['other', 'a.jsonl'],
  ])
  await expect(openTestEventStore({ directory, files })).rejects.toThrow('same log file: a.jsonl')
  await openTestEventStore({ directory })
})

test('ready, not ready while the directory is not writable, and ready again', async () => {
  const fault = failing('ENOSPC')
  fault.on = false
  const operations = faultyDisk({ write: () => fault.check() })
  const { eventStore } = await openTestEventStore({ operations })
  fault.on = true
  await expect(eventStore.checkReady()).rejects.toThrow('cannot be written')
  fault.on = false
  await eventStore.checkReady()
})

test('while the disk hangs, a readiness check is answered within two seconds', async () => {
  const disk = new HeldDisk()
  const { eventStore } = await openTestEventStore({ operations: disk.operations })
  onTestFinished(() => disk.release())
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  disk.hangs = true
  const heard = vi.fn()
  const check = eventStore.checkReady().catch(heard)
  await disk.holding()
  vi.advanceTimersByTime(1999)
  await new Promise((resolve) => setImmediate(resolve))
  expect(heard).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  await check
  expect(heard).toHaveBeenCalledWith(expect.objectContaining({ message: 'the disk is not responding' }))
  disk.release()
  await eventStore.checkReady()
  expect(vi.getTimerCount()).toBe(0)
})

/** Counts the probes of the directory. */
function countProbes(faults: Faults = {}) {
  const counted = { probes: 0, operations: {} as FileOperations }
  const open = (path: string) => {
    if (path.endsWith('/.probe')) counted.probes++
    faults.open?.(path)
  }
  counted.operations = faultyDisk({ ...faults, open })
  return counted
}

test('a healthy directory is probed at most once a second, however many checks there are', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const disk = countProbes()
  const { eventStore } = await openTestEventStore({ operations: disk.operations })
  disk.probes = 0
  await Promise.all([eventStore.checkReady(), eventStore.checkReady()])
  vi.advanceTimersByTime(999)
  await eventStore.checkReady()
  expect(disk.probes).toBe(1)
  vi.advanceTimersByTime(1)
  await eventStore.checkReady()
  expect(disk.probes).toBe(2)
})

test('a directory that failed is probed again at the next check, one probe at a time', async () => {
  const fault = failing('ENOSPC')
  fault.on = false
  const disk = countProbes({ write: () => fault.check() })
  const { eventStore, directory } = await openTestEventStore({ operations: disk.operations })
  disk.probes = 0
  fault.on = true
  const checks = await Promise.allSettled([eventStore.checkReady(), eventStore.checkReady()])
  expect(checks.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(disk.probes).toBe(1)
  expect(readdirSync(directory)).not.toContain('.probe')
  fault.on = false
  await eventStore.checkReady()
  expect(disk.probes).toBe(2)
})

test.for<[string, boolean, number]>([
  ['synced', true, 1],
  ['not synced without fsync', false, 0],
])('the probe file is %s, closed and removed', async ([, fsync, syncs]) => {
  const { operations, closed, synced } = watchedDisk()
  const directory = makeFolder()
  await probeDirectory(operations, directory, fsync)
  expect([synced(), closed()]).toEqual([syncs, 1])
  expect(readdirSync(directory)).toEqual([])
})

test('the file of a failed probe is closed and removed', async () => {
  const { operations, closed } = watchedDisk(failing('ENOSPC').check)
  const directory = makeFolder()
  await expect(probeDirectory(operations, directory, true)).rejects.toThrow('ENOSPC')
  expect(closed()).toBe(1)
  expect(readdirSync(directory)).toEqual([])
})

test('a probe fills a disk block, so that a full disk is noticed, and truncates an older probe file', async () => {
  const directory = makeFolder()
  writeFileSync(`${directory}/.probe`, 'x'.repeat(10_000))
  let size: number | undefined
  const datasync = () => {
    size = statSync(`${directory}/.probe`).size
    return undefined
  }
  await probeDirectory(faultyDisk({ datasync }), directory, true)
  expect(size).toBe(4096)
})
