/** Compressing and deleting old files. */
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { nodeFileOperations } from '../../../src/event-store/files/file-operations.ts'
import { compressFile } from '../../../src/event-store/files/rotation/compress.ts'
import { openTestEventStore } from '../../support/event-store.ts'
import { systemError } from '../../support/faulty-disk.ts'
import { makeFolder } from '../../support/folder.ts'
import { collect } from '../../support/log-files.ts'

const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR
// In whole seconds, which every file system can keep.
const now = Math.floor(Date.now() / 1000) * 1000

const NONE = { maxBytes: undefined, daily: false, gzip: false, keepMs: undefined }

/** Writes a file with records, last written some time ago. */
function addFile(directory: string, name: string, ageMs: number, ids: readonly string[] = [name]): string {
  const path = join(directory, name)
  const lines = ids.map(
    (id) => `${JSON.stringify({ event_id: id, received_at: new Date(now - ageMs).toISOString() })}\n`,
  )
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(lines.join('')) : lines.join(''))
  utimesSync(path, new Date(), new Date(now - ageMs))
  return path
}

function stampOf(ageMs: number): string {
  return new Date(now - ageMs).toISOString().replace(/[-:]|\.\d+/g, '')
}

const oldFiles = (directory: string) =>
  readdirSync(directory).filter((name) => name.startsWith('a.jsonl') && name !== 'a.jsonl')

describe('compression', () => {
  test('of files that are older than the replay window, with their content and their time', async () => {
    const directory = makeFolder()
    const [old, recent] = [`a.jsonl-${stampOf(2 * DAY)}`, `a.jsonl-${stampOf(5 * HOUR)}`]
    const content = readFileSync(addFile(directory, old, 2 * DAY, ['x', 'y']))
    addFile(directory, recent, 5 * HOUR)
    addFile(directory, 'a.jsonl.1', 2 * DAY)
    const { eventStore, incidents } = await openTestEventStore({ directory, rotation: { ...NONE, gzip: true } })
    await vi.waitFor(() => expect(oldFiles(directory).sort()).toEqual([`${old}.gz`, recent, 'a.jsonl.1'].sort()))
    expect(gunzipSync(readFileSync(join(directory, `${old}.gz`)))).toEqual(content)
    expect(Math.abs(statSync(join(directory, `${old}.gz`)).mtimeMs - (now - 2 * DAY))).toBeLessThan(1000)
    await vi.waitFor(() => expect(incidents.map(({ message }) => message)).toEqual(['log file compressed']))
    const reader = await eventStore.openReader()
    expect((await collect(reader.scan())).map(({ entry }) => entry.id)).toContain('x')
  })

  test('is completed if it was interrupted at any point', async () => {
    const directory = makeFolder()
    const path = addFile(directory, 'a.jsonl-20261101T000000Z', DAY, ['x', 'y'])
    const content = readFileSync(path)
    const compress = () => compressFile(nodeFileOperations, path, new AbortController().signal)
    for (const operation of ['open', 'link', 'unlink', 'readdir'] as const) {
      for (let failing = 0; failing < 6; failing++) {
        let calls = 0
        const fail = async (...args: unknown[]) => {
          if (calls++ === failing) throw systemError('EIO')
          return (nodeFileOperations[operation] as (...args: unknown[]) => Promise<unknown>)(...args)
        }
        const operations = { ...nodeFileOperations, [operation]: fail }
        await compressFile(operations, path, new AbortController().signal).catch(() => {})
        const kept = existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`))
        expect(kept).toEqual(content)
        if (!existsSync(path)) writeFileSync(path, content)
      }
    }
    writeFileSync(`${path}.gz.tmp`, 'left by a crash, and longer than the compressed file '.repeat(100))
    await compress()
    expect(readdirSync(directory)).toEqual(['a.jsonl-20261101T000000Z.gz'])
    expect(gunzipSync(readFileSync(`${path}.gz`))).toEqual(content)
  })

  test.for([
    ['another content', gzipSync('other')],
    ['no compressed content', Buffer.from('garbage')],
  ] as const)('keeps both files if the compressed one has %s', async ([, content]) => {
    const directory = makeFolder()
    const path = addFile(directory, 'a.jsonl-20261101T000000Z', DAY)
    writeFileSync(`${path}.gz`, content)
    const compressing = compressFile(nodeFileOperations, path, new AbortController().signal)
    await expect(compressing).rejects.toThrow(/other content|damaged/)
    expect(readdirSync(directory)).toEqual(['a.jsonl-20261101T000000Z', 'a.jsonl-20261101T000000Z.gz'])
    expect(readFileSync(`${path}.gz`)).toEqual(content)
  })

  test('stops when the store closes', async () => {
    const directory = makeFolder()
    const path = addFile(directory, 'a.jsonl-20261101T000000Z', DAY)
    const reason = new Error('closing')
    await expect(compressFile(nodeFileOperations, path, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(readdirSync(directory)).toEqual(['a.jsonl-20261101T000000Z'])
  })
})

describe('retention', () => {
  const rotation = { ...NONE, keepMs: 3 * DAY }

  test('deletes every old file with content of a log, and nothing else', async () => {
    const directory = makeFolder()
    const old = [
      'a.jsonl.1',
      'a.jsonl-20200101',
      'a.jsonl.2.gz',
      'a.jsonl.torn-2026-03-29T03-30-00.000Z-17',
      `a.jsonl-${stampOf(4 * DAY)}`,
      `a.jsonl-${stampOf(4 * DAY)}.gz.tmp`,
    ]
    for (const name of old) addFile(directory, name, 4 * DAY)
    // Copied without its time.
    addFile(directory, `a.jsonl-${stampOf(5 * DAY)}`, 0)
    const kept = ['a.jsonl', `a.jsonl-${stampOf(2 * DAY)}`, 'a.jsonl.3', 'a.jsonl.bak', 'notes.txt']
    for (const name of kept)
      addFile(directory, name, name.startsWith('a.jsonl-') || name.endsWith('3') ? 2 * DAY : 9 * DAY)
    const { incidents } = await openTestEventStore({ directory, rotation })
    await vi.waitFor(() => expect(incidents).toHaveLength(7))
    expect(incidents.every(({ message }) => message === 'log file deleted: it is older than LOG_KEEP_DAYS')).toBe(true)
    const names = readdirSync(directory).filter((name) => !/^(b|other)\.jsonl$|^\.lock/.test(name))
    expect(names.sort()).toEqual(kept.sort())
  })

  test('never deletes what is within the replay window', async () => {
    const directory = makeFolder()
    addFile(directory, 'a.jsonl.1', 4 * DAY)
    addFile(directory, 'a.jsonl.2', 6 * DAY)
    const window = { ttlMs: 5 * DAY, maxEvents: 10 }
    await openTestEventStore({ directory, rotation, window })
    await vi.waitFor(() => expect(oldFiles(directory)).toEqual(['a.jsonl.1']))
  })

  test('reports a file that cannot be deleted, and goes on with the others', async () => {
    const directory = makeFolder()
    for (const name of ['a.jsonl.1', 'a.jsonl.2', 'a.jsonl.3']) addFile(directory, name, 4 * DAY)
    const unlink = async (path: string) => {
      if (path.endsWith('a.jsonl.2')) throw systemError('EACCES')
      return nodeFileOperations.unlink(path)
    }
    const operations = { ...nodeFileOperations, unlink }
    const { incidents } = await openTestEventStore({ directory, rotation, operations })
    await vi.waitFor(() => expect(incidents).toHaveLength(3))
    expect(oldFiles(directory)).toEqual(['a.jsonl.2'])
    expect(incidents.filter(({ level }) => level === 'error')).toMatchObject([{ file: 'a.jsonl.2' }])
  })

  test('announces once, a day before, what readers will lose, then deletes it without waiting for them', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now })
    try {
      const directory = makeFolder()
      addFile(directory, 'a.jsonl-20200101', 2.5 * DAY, ['1', '2', '3'])
      addFile(directory, 'a.jsonl', 0, ['4'])
      const { eventStore, incidents } = await openTestEventStore({ directory, rotation })
      const reader = await eventStore.openReader()
      const { cursor } = await reader.read({ after: {}, kinds: ['a'], limit: 1 })
      reader.track({ name: 'crm', cursor: () => cursor })
      reader.track({ name: 'pager', cursor: () => ({}) })
      const end = await reader.end()
      reader.track({ name: 'slack', cursor: () => end })
      reader.track({ name: 'gone', cursor: () => ({}) })()
      const messages = () =>
        incidents.map(
          ({ message, reader = '', entries = '' }) => `${message.replace(/[:,].*/, '')} ${reader} ${entries}`,
        )
      const announced = 'a log file will be deleted before its reader has finished it'
      vi.advanceTimersByTime(HOUR)
      await vi.waitFor(() => expect(messages()).toEqual([`${announced} crm 2`, `${announced} pager 3`]))
      expect(incidents[0]?.deletion_at).toBe(new Date(now + DAY / 2).toISOString())
      vi.advanceTimersByTime(HOUR)
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(incidents).toHaveLength(2)
      vi.advanceTimersByTime(10 * HOUR)
      await vi.waitFor(() =>
        expect(messages().slice(2)).toEqual([
          'entries were lost to a reader crm 2',
          'entries were lost to a reader pager 3',
          expect.stringContaining('log file deleted'),
        ]),
      )
      await expect(reader.read({ after: cursor, limit: 1 })).rejects.toThrow('Cannot continue reading a')
    } finally {
      vi.useRealTimers()
    }
  })

  test('counts nothing as lost if another file holds the same entries', async () => {
    const directory = makeFolder()
    addFile(directory, 'a.jsonl-20200101', 4 * DAY, ['1'])
    addFile(directory, 'a.jsonl', 4 * DAY, ['1'])
    const { eventStore, incidents } = await openTestEventStore({ directory, rotation })
    const reader = await eventStore.openReader()
    reader.track({ name: 'crm', cursor: () => ({}) })
    await vi.waitFor(() => expect(incidents).toHaveLength(1))
  })
})
