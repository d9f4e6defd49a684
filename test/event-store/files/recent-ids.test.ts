import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import {
  type FileOperations,
  nodeFileOperations,
  type OpenFile,
} from '../../../src/event-store/files/file-operations.ts'
import { readRecentIds, withRotatedFiles } from '../../../src/event-store/files/recent-ids.ts'
import { isRepeatableId } from '../../../src/events/identity.ts'
import { systemError } from '../../support/faulty-disk.ts'
import { propertyRuns } from '../../support/property-runs.ts'
import { reportingTo } from '../../support/telemetry.ts'

const HOUR = 3_600_000
const NOW = Date.parse('2026-03-29T03:30:00Z')
const LIMITS = { ttlMs: 24 * HOUR, maxEvents: 100 }
const id = (number: number) => String(number).padStart(64, '0')
const at = (ms: number) => new Date(ms).toISOString()

interface MemoryFile {
  content: Buffer
  writtenAt?: number
  error?: Error
}

/** A file system in memory that counts open files and bytes read. */
function memoryDisk(files: Record<string, MemoryFile>) {
  const counts = { open: 0, bytesRead: 0 }
  const open = async (path: string) => {
    const file = files[path]
    if (!file) throw systemError('ENOENT')
    if (file.error) throw file.error
    counts.open++
    return {
      stat: async () => ({ isFile: () => true, size: file.content.length, mtimeMs: file.writtenAt ?? NOW }),
      read: async (target: Buffer, offset: number, length: number, position: number) => {
        counts.bytesRead += length
        return { bytesRead: file.content.copy(target, offset, position, position + length), buffer: target }
      },
      close: async () => void counts.open--,
    } as unknown as OpenFile
  }
  const operations: FileOperations = { ...nodeFileOperations, open, readdir: async () => Object.keys(files) }
  return { operations, counts, paths: Object.keys(files) }
}

const linesOf = (records: readonly object[]) =>
  Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''))

async function read(files: Record<string, MemoryFile>, limits = LIMITS) {
  const { operations, counts, paths } = memoryDisk(files)
  const report = vi.fn()
  const found = await readRecentIds(paths, {
    operations,
    limits,
    now: NOW,
    isRepeatable: isRepeatableId,
    telemetry: reportingTo(report),
  })
  return { found, counts, report }
}

/** What a visitor might write to forge the context of a record. */
const hostile = fc.string({
  unit: fc.constantFrom(
    `"event_id":"${id(666)}",`,
    `"received_at":"${at(NOW)}"}`,
    '"event_timestamp":"x",',
    '"event_timestamp":1,',
    '"environment":"e",',
    '"client_ip":"c",',
    ...'"\\,:}{ \n\u2028ab',
  ),
})
const time = fc.integer({ min: -23, max: 2 }).map((hours) => at(NOW + hours * HOUR))
const storedId = fc.oneof(fc.integer({ min: 0, max: 99 }).map(id), fc.uuid(), hostile)
const context = fc.record(
  {
    event_id: storedId,
    event_timestamp: fc.oneof(hostile, fc.integer(), fc.double({ noNaN: true })),
    environment: hostile,
    client_ip: fc.oneof(fc.ipV4(), fc.ipV6(), hostile),
    received_at: fc.oneof(time, hostile),
  },
  { requiredKeys: ['event_id', 'environment', 'client_ip', 'received_at'] },
)
const foreign = fc.oneof(
  fc.record({ event_id: fc.oneof(storedId, fc.integer()), received_at: fc.oneof(time, fc.integer()), more: hostile }),
  fc.record({ received_at: time, environment: hostile, client_ip: hostile, event_id: storedId }),
  fc.record({ message: hostile, received_at: time }),
)
const record = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(hostile, context).map(([message, own]) => ({ message, ...own })) },
  {
    weight: 2,
    arbitrary: fc.tuple(context, context, hostile).map(([own, inner, text]) => ({ ...own, extra: { inner, text } })),
  },
  { weight: 1, arbitrary: fc.tuple(hostile, context).map(([message, inner]) => ({ message, extra: inner })) },
  { weight: 1, arbitrary: foreign },
)

describe('an id is read from its record', () => {
  test('just as JSON.parse would, whatever texts and nested keys were sent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 10 }), async (records) => {
        const expected = records.filter((each): each is typeof each & { event_id: string } => {
          const { event_id, received_at } = each as { event_id?: unknown; received_at?: unknown }
          const receivedAt = Date.parse(String(received_at))
          return typeof event_id === 'string' && event_id.length === 64 && receivedAt > NOW - LIMITS.ttlMs
        })
        const { found } = await read({ log: { content: linesOf(records) } })
        expect(found.map((stored) => stored.id).sort()).toEqual(expected.map((each) => each.event_id).sort())
      }),
      propertyRuns(1000),
    )
  })

  test('wherever it is in a long line, and whether or not spaces follow', async () => {
    const long = { message: 'x'.repeat(5000), event_id: id(1), environment: 'e', client_ip: 'c', received_at: at(NOW) }
    const other = { event_id: id(2), received_at: at(NOW), message: 'x'.repeat(5000) }
    const content = Buffer.from(`${JSON.stringify(long)}  \n\n${JSON.stringify(other)}`)
    const { found } = await read({ log: { content } })
    expect(found.map((stored) => stored.id).sort()).toEqual([id(1), id(2)])
  })

  test('even if its context is unusually long', async () => {
    const environment = 'e'.repeat(2000)
    const { found } = await read({
      log: { content: linesOf([{ event_id: id(1), environment, client_ip: 'c', received_at: at(NOW) }]) },
    })
    expect(found).toEqual([{ id: id(1), receivedAt: NOW }])
  })
})

describe('the window', () => {
  const stored = (number: number, ageMs: number) => ({ event_id: id(number), received_at: at(NOW - ageMs) })
  const numbers = ({ found }: Awaited<ReturnType<typeof read>>) => found.map((each) => Number(each.id))

  test('ends exactly at its age limit', async () => {
    const content = linesOf([stored(1, LIMITS.ttlMs), stored(2, LIMITS.ttlMs - 1)])
    expect(numbers(await read({ log: { content } }))).toEqual([2])
  })

  test('covers a file last written up to an hour before it', async () => {
    const content = linesOf([stored(1, HOUR)])
    const limit = NOW - LIMITS.ttlMs - HOUR
    expect(numbers(await read({ log: { content, writtenAt: limit } }))).toEqual([1])
    expect(numbers(await read({ log: { content, writtenAt: limit - 1 } }))).toEqual([])
  })

  test('takes the newest ids of all files, and returns the oldest first', async () => {
    const files = {
      one: { content: linesOf([stored(1, 9), stored(4, 6), stored(5, 5)]) },
      two: { content: linesOf([stored(2, 8), stored(3, 7), stored(6, 4)]) },
      empty: { content: Buffer.alloc(0) },
    }
    expect(numbers(await read(files))).toEqual([1, 2, 3, 4, 5, 6])
    expect(numbers(await read(files, { ...LIMITS, maxEvents: 4 }))).toEqual([3, 4, 5, 6])
  })

  test('leaves no file open, whether it was read completely or not', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => stored(index, 20_000 - index))
    const files = { one: { content: linesOf(many) }, two: { content: linesOf(many) } }
    for (const maxEvents of [1, 100, 100_000]) {
      expect((await read(files, { ...LIMITS, maxEvents })).counts.open).toBe(0)
    }
  })

  test('an unreadable file is reported with the consequence, and the others are read', async () => {
    const content = linesOf([stored(1, HOUR)])
    const { found, report } = await read({
      '/logs/a.jsonl.1': { content, error: systemError('EACCES') },
      other: { content },
    })
    expect(found).toHaveLength(1)
    expect(report.mock.calls).toMatchObject([
      [
        {
          level: 'warn',
          file: 'a.jsonl.1',
          message: expect.stringContaining('redeliveries of its events will be stored again'),
          error: { code: 'EACCES' },
        },
      ],
    ])
  })

  test('a missing file is not reported', async () => {
    const { operations } = memoryDisk({})
    const report = vi.fn()
    expect(
      await readRecentIds(['gone'], {
        operations,
        limits: LIMITS,
        now: NOW,
        isRepeatable: isRepeatableId,
        telemetry: reportingTo(report),
      }),
    ).toEqual([])
    expect(report).not.toHaveBeenCalled()
  })
})

test('rotated files are found by their names', async () => {
  const files = ['a.jsonl', 'a.jsonl.1', 'a.jsonl-20260329', 'b.jsonl', 'b.jsonl.2.gz']
  const others = ['a.jsonl.torn-2026', 'a.jsonlx', 'xa.jsonl', 'c.jsonl', '.lock', 'a.json']
  const { operations } = memoryDisk(
    Object.fromEntries([...files, ...others].map((name) => [name, { content: Buffer.alloc(0) }])),
  )
  const found = await withRotatedFiles(operations, '/logs', ['a.jsonl', 'b.jsonl'])
  expect(found).toEqual(files.map((name) => `/logs/${name}`))
})
