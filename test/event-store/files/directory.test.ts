import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openTestEventStore, type TestKind, uniqueEntry } from '../../support/event-store.ts'
import { failing, faultyDisk } from '../../support/faulty-disk.ts'
import { makeFolder, readRecords } from '../../support/folder.ts'
import { volatileDisk } from '../../support/volatile-disk.ts'

test('the folder is made if it is absent, for the owner and the group alone', async () => {
  const directory = `${makeFolder()}/a/b`
  await openTestEventStore({ directory })
  expect(statSync(directory).mode & 0o777).toBe(0o750)
  expect(statSync(`${directory}/a.jsonl`).mode & 0o777).toBe(0o640)
})

test.for(['a', 'a/b/c', 'a/b/c/', './a/./b//c', 'a/../a/b'])(
  'LOG_DIR=%s: a stored record survives a power cut, with every directory that was created for it',
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
  ['EROFS', 'on a read-only file system'],
  ['ENOSPC', 'no space is left'],
  ['EDQUOT', 'no space is left'],
  ['EMFILE', 'cannot be used: EMFILE'],
])('%s on the folder: the start is refused, and the message says what to do', async ([code, advice]) => {
  const directory = makeFolder()
  const fault = failing(code)
  const operations = faultyDisk({ open: (path) => void (path.includes('.probe') && fault.check()) })
  await expect(openTestEventStore({ directory, operations })).rejects.toThrow(advice)
  await expect(openTestEventStore({ directory, operations })).rejects.toThrow(directory)
  fault.on = false
  await openTestEventStore({ directory, operations })
})

test('a log file of another user: the message names it, its owner and the command', async () => {
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

test.skipIf(process.getuid?.() === 0)('a folder without the right to write', async () => {
  const directory = makeFolder()
  chmodSync(directory, 0o500)
  await expect(openTestEventStore({ directory })).rejects.toThrow('cannot write to it')
})

test('a file, or a path below a file', async () => {
  const file = `${makeFolder()}/file`
  writeFileSync(file, '')
  await expect(openTestEventStore({ directory: file })).rejects.toThrow('is a file')
  await expect(openTestEventStore({ directory: `${file}/below` })).rejects.toThrow('lies below one')
})

test('a folder in the place of a log file', async () => {
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

test('ready, not ready while the folder cannot be written, and ready again', async () => {
  const fault = failing('ENOSPC')
  fault.on = false
  const operations = faultyDisk({ write: () => fault.check() })
  const { eventStore } = await openTestEventStore({ operations })
  fault.on = true
  await expect(eventStore.checkReady()).rejects.toThrow('cannot be written')
  fault.on = false
  await eventStore.checkReady()
})

test('while the disk hangs, whoever asks whether it is ready has an answer', async () => {
  let hangs = false
  let release = () => {}
  const operations = faultyDisk({
    datasync: () =>
      hangs
        ? new Promise((resolve) => {
            release = resolve
          })
        : undefined,
  })
  const { eventStore } = await openTestEventStore({ operations })
  hangs = true
  await expect(eventStore.checkReady()).rejects.toThrow('does not answer')
  hangs = false
  release()
  await eventStore.checkReady()
})
