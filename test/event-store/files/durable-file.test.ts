import { execFileSync } from 'node:child_process'
import { readFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { DurableFile, FileUntrustedError } from '../../../src/event-store/files/durable-file.ts'
import { type FileOperations, nodeFileOperations } from '../../../src/event-store/files/file-operations.ts'
import { type Faults, failing, faultyDisk, limitedDisk, systemError } from '../../support/faulty-disk.ts'
import { makeFolder } from '../../support/folder.ts'

interface Options {
  faults?: Faults
  operations?: Partial<FileOperations>
  fsync?: boolean
  path?: string
}

/** A log file on a disk that counts every operation. */
function makeFile({ faults = {}, operations, fsync = true, path = `${makeFolder()}/log.jsonl` }: Options = {}) {
  const counts = { opened: 0, closed: 0, reads: 0, writes: [] as number[], syncs: 0 }
  const disk = faultyDisk({
    ...faults,
    open: (opened) => {
      faults.open?.(opened)
      counts.opened++
    },
    close: () => void counts.closed++,
    read: (length) => {
      faults.read?.(length)
      counts.reads++
    },
    write: (length) => {
      counts.writes.push(length)
      return faults.write?.(length)
    },
    datasync: () => {
      counts.syncs++
      return faults.datasync?.()
    },
  })
  const onRemoved = vi.fn()
  const file = new DurableFile({ path, operations: { ...disk, ...operations }, fsync, onRemoved })
  onTestFinished(() => file.close())
  const commit = (lines: string) => file.commit(Buffer.from(lines))
  return { file, path, counts, onRemoved, commit, read: () => readFileSync(path, 'utf8') }
}

test('a file that nobody else touches is opened once and never read', async () => {
  const { file, counts, commit, read } = makeFile({ fsync: false })
  await file.open()
  for (const line of ['1\n', '2\n', '3\n']) await commit(line)
  expect(read()).toBe('1\n2\n3\n')
  expect(counts).toMatchObject({ opened: 1, closed: 0, reads: 0 })
})

test.for<[string, string, string]>([
  ['whole lines', 'old\n', 'old\nnew\n'],
  ['an incomplete line', 'old', 'old\nnew\n'],
  ['nothing', '', 'new\n'],
])('a file that contains %s when it is opened', async ([, before, after]) => {
  const { path, commit, read } = makeFile()
  writeFileSync(path, before)
  await commit('new\n')
  expect(read()).toBe(after)
})

test("the next record follows another program's whole line without a blank line", async () => {
  const { path, commit, read } = makeFile()
  await commit('1\n')
  writeFileSync(path, 'foreign\n', { flag: 'a' })
  await commit('2\n')
  expect(read()).toBe('1\nforeign\n2\n')
})

test('a file that shrinks while its last byte is read', async () => {
  const path = `${makeFolder()}/log.jsonl`
  const { commit, read } = makeFile({ path, faults: { read: () => truncateSync(path) } })
  writeFileSync(path, 'old')
  await commit('1\n')
  expect(read()).toBe('1\n')
})

describe('a file that no longer has its name', () => {
  test('another file in its place is written to, and the first one is closed', async () => {
    const { path, counts, commit, read } = makeFile({ fsync: false })
    await commit('1\n')
    renameSync(path, `${path}.1`)
    writeFileSync(path, 'foreign\n')
    await commit('2\n')
    expect(read()).toBe('foreign\n2\n')
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('1\n')
    expect(counts).toMatchObject({ opened: 2, closed: 1 })
  })

  test('the same inode number on another file system is another file', async () => {
    const stat = async (path: string) => {
      const stats = await nodeFileOperations.stat(path)
      return Object.assign(stats, { dev: stats.dev + 1 })
    }
    const { counts, commit } = makeFile({ operations: { stat }, fsync: false })
    await commit('1\n')
    await commit('2\n')
    expect(counts).toMatchObject({ opened: 2, closed: 1 })
  })

  test('a failed lookup of the name is an error, and nothing is written', async () => {
    const { commit, read } = makeFile({ operations: { stat: () => Promise.reject(systemError('EACCES')) } })
    await commit('1\n')
    await expect(commit('2\n')).rejects.toThrow('EACCES')
    expect(read()).toBe('1\n')
  })

  test('a write fails after three consecutive deletions', async () => {
    const path = `${makeFolder()}/log.jsonl`
    const datasync = () => {
      unlinkSync(path)
      return undefined
    }
    const { file, counts, onRemoved, commit } = makeFile({ path, faults: { datasync } })
    await expect(commit('1\n')).rejects.toThrow('the log file keeps being deleted')
    expect([counts.writes.length, onRemoved.mock.calls.length, file.isInDoubt]).toEqual([3, 3, false])
  })
})

describe('a write that fails', () => {
  test('a write of zero bytes is an error, and what was written before is rolled back', async () => {
    let calls = 0
    const { file, commit, read } = makeFile({ faults: { write: () => (calls++ === 0 ? 2 : 0) } })
    await expect(commit('12345\n')).rejects.toThrow('the file system accepts no more bytes')
    expect([read(), file.isInDoubt]).toEqual(['', false])
  })

  test("after a rollback, the file's end is still known without reading it", async () => {
    const disk = limitedDisk('ENOSPC')
    const { counts, commit, read } = makeFile({ faults: { write: disk.write } })
    await commit('1\n')
    disk.room = 1
    await expect(commit('2\n')).rejects.toThrow('ENOSPC')
    disk.room = 10
    await commit('3\n')
    expect([read(), counts.reads]).toEqual(['1\n3\n', 0])
  })

  test('a write that wrote nothing needs no rollback, which might fail', async () => {
    const faults = { write: failing('EROFS').check, truncate: failing('EROFS').check }
    const { file, commit } = makeFile({ faults })
    await expect(commit('1\n')).rejects.toThrow('EROFS')
    expect(file.isInDoubt).toBe(false)
  })

  test('a failed rollback leaves the file in doubt until it succeeds', async () => {
    const disk = limitedDisk('ENOSPC')
    const truncating = failing('EIO')
    const { file, commit } = makeFile({ faults: { write: disk.write, truncate: truncating.check } })
    disk.room = 1
    await expect(commit('1\n')).rejects.toThrow('EIO')
    expect(file.isInDoubt).toBe(true)
    truncating.on = false
    await expect(commit('2\n')).rejects.toThrow('ENOSPC')
    expect(file.isInDoubt).toBe(false)
  })

  test('a failed sync says what failed, and keeps its cause', async () => {
    const { commit } = makeFile({ faults: { datasync: failing('EIO').check } })
    const failure = await commit('1\n').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(FileUntrustedError)
    expect(failure).toMatchObject({
      name: 'FileUntrustedError',
      message: 'the disk failed to store the written data',
      cause: { code: 'EIO' },
    })
  })

  test('a write that another program has appended to is not rolled back, and the message says so', async () => {
    const path = `${makeFolder()}/log.jsonl`
    const write = () => {
      writeFileSync(path, 'foreign\n', { flag: 'a' })
      throw systemError('ENOSPC')
    }
    const { commit, read } = makeFile({ path, faults: { write } })
    await expect(commit('1\n')).rejects.toThrow('another program wrote to the log file')
    expect(read()).toBe('foreign\n')
  })
})

describe('a probe', () => {
  test('fills a disk block, is synced, and leaves nothing behind', async () => {
    const { file, counts, commit, read } = makeFile()
    await commit('1\n')
    await file.probe()
    expect(read()).toBe('1\n')
    expect([counts.writes, counts.syncs]).toEqual([[2, 4096], 2])
  })

  test('leaves a blank line, which is harmless, if it cannot be rolled back', async () => {
    const { file, read } = makeFile({ faults: { truncate: failing('EIO').check } })
    await expect(file.probe()).rejects.toThrow('EIO')
    expect(read()).toMatch(/^ {4095}\n$/)
  })
})

describe('opening and closing', () => {
  test('what is not a regular file is closed again', async () => {
    const path = `${makeFolder()}/log.jsonl`
    execFileSync('mkfifo', [path])
    const { file, counts } = makeFile({ path })
    await expect(file.open()).rejects.toThrow(`${path} is not a regular file`)
    expect(counts).toMatchObject({ opened: 1, closed: 1 })
  })

  test('without fsync, neither the file nor its directory is synced', async () => {
    const { counts, commit } = makeFile({ fsync: false })
    await commit('1\n')
    expect([counts.opened, counts.syncs]).toEqual([1, 0])
  })

  test('a file is closed once; closing one that was never opened does nothing', async () => {
    const { file, counts } = makeFile({ fsync: false })
    await file.close()
    await file.open()
    await file.close()
    await file.close()
    expect(counts).toMatchObject({ opened: 1, closed: 1 })
  })
})
