import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test, vi } from 'vitest'
import { nodeFileOperations } from '../../../src/event-store/files/file-operations.ts'
import { openTestAppender } from '../../support/event-store.ts'
import { failing, faultyDisk, limitedDisk, systemError } from '../../support/faulty-disk.ts'
import { makeFolder } from '../../support/folder.ts'

const read = (folder: string, file = 'log.jsonl') => readFileSync(`${folder}/${file}`, 'utf8')

test('lines that arrive during a write are written together, with one sync', async () => {
  let syncs = 0
  let release = () => {}
  const firstSync = new Promise<void>((resolve) => {
    release = resolve
  })
  const operations = faultyDisk({ datasync: () => (++syncs === 1 ? firstSync : undefined) })
  const { appender, folder } = await openTestAppender({ operations })
  onTestFinished(() => release())
  const first = appender.append('0\n')
  await vi.waitFor(() => expect(syncs).toBe(1))
  const others = Array.from({ length: 50 }, (_, index) => appender.append(`${index + 1}\n`))
  release()
  await Promise.all([first, ...others])
  expect(syncs).toBe(2)
  expect(read(folder)).toBe(Array.from({ length: 51 }, (_, index) => `${index}\n`).join(''))
})

test('an append resolves only after the sync', async () => {
  let release = () => {}
  const operations = faultyDisk({
    datasync: () =>
      new Promise((resolve) => {
        release = resolve
      }),
  })
  const { appender, folder } = await openTestAppender({ operations })
  onTestFinished(() => release())
  let stored = false
  const appending = appender.append('a\n').then(() => {
    stored = true
  })
  await vi.waitFor(() => expect(read(folder)).toBe('a\n'))
  expect(stored).toBe(false)
  release()
  await appending
  expect(stored).toBe(true)
})

test('without fsync nothing is synced', async () => {
  const datasync = vi.fn(() => undefined)
  const { appender } = await openTestAppender({ operations: faultyDisk({ datasync }), fsync: false })
  await appender.append('a\n')
  expect(datasync).not.toHaveBeenCalled()
})

test('short writes continue with the rest', async () => {
  const { appender, folder } = await openTestAppender({ operations: faultyDisk({ write: () => 1 }) })
  await Promise.all([appender.append('{"a":1}\n'), appender.append('{"b":2}\n')])
  expect(read(folder)).toBe('{"a":1}\n{"b":2}\n')
})

test.for(['ENOSPC', 'EIO', 'EDQUOT', 'EFBIG'])(
  '%s during a write: rejected, rolled back, and recovered without a restart',
  async (code) => {
    const disk = limitedDisk(code)
    const operations = faultyDisk({ write: disk.write })
    const { appender, folder, levels } = await openTestAppender({ operations })
    await appender.append('first\n')
    disk.room = 3
    await expect(appender.append('second\n')).rejects.toThrow('cannot be written')
    await expect(appender.append('third\n')).rejects.toThrow('cannot be written')
    expect(read(folder)).toBe('first\n')
    await expect(appender.checkReady()).rejects.toThrow('cannot be written')
    disk.room = Number.POSITIVE_INFINITY
    await appender.append('fourth\n')
    await appender.checkReady()
    expect(read(folder)).toBe('first\nfourth\n')
    expect(levels()).toEqual(['error', 'info'])
  },
)

test('a recovered disk is noticed without an event, and the probe leaves nothing behind', async () => {
  const fault = failing('ENOSPC')
  const { appender, folder } = await openTestAppender({ operations: faultyDisk({ write: () => fault.check() }) })
  await expect(appender.append('a\n')).rejects.toThrow()
  await expect(Promise.all([appender.checkReady(), appender.checkReady()])).rejects.toThrow()
  fault.on = false
  await appender.checkReady()
  expect(read(folder)).toBe('')
})

test('a failed rollback is retried: nothing is stored before it succeeds', async () => {
  const truncating = failing('EIO')
  const disk = limitedDisk('ENOSPC')
  const operations = faultyDisk({ write: disk.write, truncate: () => truncating.check() })
  const { appender, folder } = await openTestAppender({ operations })
  await appender.append('first\n')
  disk.room = 8
  await expect(Promise.all([appender.append('second\n'), appender.append('third\n')])).rejects.toThrow()
  disk.room = Number.POSITIVE_INFINITY
  await expect(appender.append('fourth\n')).rejects.toThrow('cannot be written')
  truncating.on = false
  await appender.append('fifth\n')
  expect(read(folder)).toBe('first\nfifth\n')
})

test('a failed sync is never retried: rolled back, rejected, fatal', async () => {
  const fault = failing('EIO')
  fault.on = false
  const datasync = vi.fn(() => fault.check())
  const { appender, folder, levels } = await openTestAppender({ operations: faultyDisk({ datasync }) })
  await appender.append('first\n')
  fault.on = true
  const stored = vi.fn()
  await expect(appender.append('second\n', stored)).rejects.toThrow('cannot be written')
  fault.on = false
  await expect(appender.append('third\n', stored)).rejects.toThrow('cannot be written')
  await expect(appender.checkReady()).rejects.toThrow('cannot be written')
  expect(datasync).toHaveBeenCalledTimes(2)
  expect(stored).not.toHaveBeenCalled()
  expect(read(folder)).toBe('first\n')
  expect(levels()).toEqual(['fatal'])
})

test('a failed write is not rolled back if another program has written after it: fatal', async () => {
  const state: { folder?: string; fail: boolean } = { fail: false }
  const operations = faultyDisk({
    write: (length) => {
      if (!state.fail) return undefined
      if (length < 5) {
        writeFileSync(`${state.folder}/log.jsonl`, 'foreign\n', { flag: 'a' })
        throw systemError('ENOSPC')
      }
      return 2
    },
  })
  const { appender, folder, levels } = await openTestAppender({ operations })
  Object.assign(state, { folder, fail: true })
  await expect(appender.append('12345\n')).rejects.toThrow()
  expect(read(folder)).toBe('12foreign\n')
  expect(levels()).toEqual(['fatal'])
})

test('a file deleted before or during the sync is created again, and contains the batch', async () => {
  const state: { folder?: string; remove: boolean } = { remove: false }
  const operations = faultyDisk({
    datasync: () => {
      if (state.remove) unlinkSync(`${state.folder}/log.jsonl`)
      state.remove = false
      return undefined
    },
  })
  const { appender, folder, levels } = await openTestAppender({ operations })
  state.folder = folder
  await appender.append('first\n')
  unlinkSync(`${folder}/log.jsonl`)
  await appender.append('second\n')
  expect(read(folder)).toBe('second\n')
  state.remove = true
  await appender.append('third\n')
  expect(read(folder)).toBe('third\n')
  expect(levels()).toEqual(['warn'])
})

test('a renamed file keeps its content, and the next line goes to a new file under the old name', async () => {
  const { appender, folder } = await openTestAppender()
  await appender.append('first\n')
  renameSync(`${folder}/log.jsonl`, `${folder}/log.jsonl.1`)
  await appender.append('second\n')
  expect(read(folder, 'log.jsonl.1')).toBe('first\n')
  expect(read(folder)).toBe('second\n')
})

test('a file truncated by a rotation is appended to at its new end', async () => {
  const { appender, folder } = await openTestAppender()
  await appender.append('first\n')
  truncateSync(`${folder}/log.jsonl`)
  await appender.append('second\n')
  expect(read(folder)).toBe('second\n')
})

test('an incomplete line of another program does not swallow a record', async () => {
  const { appender, folder } = await openTestAppender()
  await appender.append('first\n')
  writeFileSync(`${folder}/log.jsonl`, 'no line feed', { flag: 'a' })
  await appender.append('second\n')
  expect(read(folder)).toBe('first\nno line feed\nsecond\n')
})

test.for<[string, (path: string) => void, Record<string, string>]>([
  ['renamed', (path) => renameSync(path, `${path}.1`), { 'log.jsonl.1': '1\n2\n', 'log.jsonl': '3\n' }],
  ['removed', (path) => unlinkSync(path), { 'log.jsonl': '2\n3\n' }],
  ['truncated', (path) => truncateSync(path), { 'log.jsonl': '3\n' }],
  ['written to', (path) => writeFileSync(path, 'x', { flag: 'a' }), { 'log.jsonl': '1\n2\nx\n3\n' }],
])('a file %s between two consecutive batches', async ([, change, files]) => {
  const state = { path: '', syncs: 0 }
  const datasync = () => {
    if (++state.syncs === 2) change(state.path)
    return undefined
  }
  const { appender, folder } = await openTestAppender({
    operations: faultyDisk({ datasync }),
    limits: { maxBatchBytes: 1 },
  })
  state.path = `${folder}/log.jsonl`
  await Promise.all(['1\n', '2\n', '3\n'].map((line) => appender.append(line)))
  for (const [file, content] of Object.entries(files)) expect(read(folder, file)).toBe(content)
})

test('a missing directory is an error, and is used again when it is back', async () => {
  const { appender, folder } = await openTestAppender()
  renameSync(folder, `${folder}-moved`)
  await expect(appender.append('first\n')).rejects.toThrow('cannot be written')
  mkdirSync(folder)
  await appender.append('second\n')
  expect(read(folder)).toBe('second\n')
  renameSync(`${folder}-moved`, `${folder}/moved`)
})

test('the queue is bounded in bytes', async () => {
  let release = () => {}
  const hanging = new Promise<void>((resolve) => {
    release = resolve
  })
  const operations = faultyDisk({ datasync: () => hanging })
  const { appender } = await openTestAppender({ operations, limits: { maxQueueBytes: 100 } })
  onTestFinished(() => release())
  const line = `${'x'.repeat(39)}\n`
  const accepted = [appender.append(line), appender.append(line)]
  await expect(appender.append(line)).rejects.toThrow('too many records are waiting')
  release()
  await Promise.all(accepted)
  await appender.append(line)
})

test('an unfinished line that another program writes during the sync does not swallow the next record', async () => {
  const state: { folder?: string; fragment: string } = { fragment: 'no line feed' }
  const operations = faultyDisk({
    datasync: () => {
      writeFileSync(`${state.folder}/log.jsonl`, state.fragment, { flag: 'a' })
      state.fragment = ''
      return undefined
    },
  })
  const { appender, folder } = await openTestAppender({ operations })
  state.folder = folder
  await appender.append('first\n')
  await appender.append('second\n')
  expect(read(folder)).toBe('first\nno line feed\nsecond\n')
})

test('a failed write that cannot be rolled back: its outcome is reported as unknown, and closing retries the rollback', async () => {
  const truncating = failing('EIO')
  const disk = limitedDisk('ENOSPC')
  const operations = faultyDisk({ write: disk.write, truncate: () => truncating.check() })
  const { appender, folder } = await openTestAppender({ operations })
  disk.room = 6
  const rejected = await Promise.allSettled([appender.append('first\n'), appender.append('second\n')])
  for (const result of rejected) expect(result).toMatchObject({ reason: { mayBeStored: true } })
  expect(read(folder)).toBe('first\n')
  truncating.on = false
  await appender.close()
  expect(read(folder)).toBe('')
})

test('an empty queue accepts a line that is larger than its limit', async () => {
  const { appender, folder } = await openTestAppender({ limits: { maxQueueBytes: 10 } })
  await appender.append(`${'x'.repeat(50)}\n`)
  expect(read(folder)).toHaveLength(51)
})

test('the directory is synced when a file is created in it', async () => {
  const synced: string[] = []
  const operations = {
    ...nodeFileOperations,
    open: async (path: string, flags: number, mode?: number) => {
      const file = await nodeFileOperations.open(path, flags, mode)
      const sync = file.sync.bind(file)
      return Object.assign(file, {
        sync: () => {
          synced.push(path)
          return sync()
        },
      })
    },
  }
  const { folder } = await openTestAppender({ operations })
  expect(synced).toEqual([folder])
})

test('a directory in place of the log file is an error', async () => {
  await expect(openTestAppender({ operations: directoryInPlaceOfFile() })).rejects.toThrow('EISDIR')
})

test('a FIFO in place of the log file is an error at startup and later, and never blocks', async () => {
  const other = makeFolder()
  execFileSync('mkfifo', [`${other}/log.jsonl`])
  await expect(openTestAppender({ folder: other })).rejects.toThrow('log.jsonl is not a regular file')

  const { appender, folder } = await openTestAppender()
  await appender.append('first\n')
  unlinkSync(`${folder}/log.jsonl`)
  execFileSync('mkfifo', [`${folder}/log.jsonl`])
  await expect(appender.append('second\n')).rejects.toThrow('cannot be written')
  unlinkSync(`${folder}/log.jsonl`)
  await appender.append('third\n')
  expect(read(folder)).toBe('third\n')
})

test('after giving up, no record is accepted, even if the disk recovers', async () => {
  let release = () => {}
  const hanging = new Promise<void>((resolve) => {
    release = resolve
  })
  const operations = faultyDisk({ datasync: () => hanging })
  const { appender, folder } = await openTestAppender({ operations })
  onTestFinished(() => release())
  const first = appender.append('first\n')
  await vi.waitFor(() => expect(read(folder)).toBe('first\n'), { interval: 1 })
  const second = appender.append('second\n')
  appender.giveUp()
  await expect(first).rejects.toMatchObject({ mayBeStored: true })
  await expect(second).rejects.toMatchObject({ mayBeStored: false })
  await expect(appender.append('third\n')).rejects.toThrow('shutting down')
  release()
  await appender.close()
  await expect(appender.append('fourth\n')).rejects.toThrow('shutting down')
  expect(read(folder)).toBe('first\n')
})

function directoryInPlaceOfFile() {
  return faultyDisk({ open: (path) => void (path.endsWith('.jsonl') && mkdirSync(path)) })
}
