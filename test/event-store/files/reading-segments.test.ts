import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nodeFileOperations } from '../../../src/event-store/files/file-operations.ts'
import { formatPosition, parsePosition } from '../../../src/event-store/files/reading/position.ts'
import { compareAge, parseSegmentName } from '../../../src/event-store/files/reading/segment-name.ts'
import { Segments } from '../../../src/event-store/files/reading/segments.ts'
import { countingDisk, faultyDisk, systemError } from '../../support/faulty-disk.ts'
import { makeFolder } from '../../support/folder.ts'

const BASE = 'tickets.jsonl'

describe('the name of a file', () => {
  test.for([
    'tickets.jsonl.bak',
    'tickets.jsonl.1.bak',
    'tickets.jsonl.gz.1',
    'tickets.jsonl.1.gz.tmp',
    'tickets.jsonl.torn-2026-03-29T03-30-00.000Z-17',
    'tickets.jsonl-',
    'tickets.jsonl-T',
    'tickets.jsonl-20260329.old',
    'tickets.jsonl~',
    'tickets.jsonl.-1',
    'old-tickets.jsonl',
    'tickets.json',
    '.lock',
  ])('%s belongs to no log', (name) => {
    expect(parseSegmentName(BASE, name)).toBeUndefined()
  })

  test.for<[string, string[]]>([
    ['numbers', ['.12', '.11.gz', '.10', '.9', '.2.gz', '.1', '.gz']],
    ['days', ['-20251231', '-20260101.gz', '-20260329']],
    ['days with a dot', ['.20251231', '.20260101']],
    ['times', ['-20260329T013000Z', '-20260329T033000Z.gz', '-20260330T000000Z']],
    ['days with numbers', ['-20260329', '-20260329.1', '-20260329.2.gz', '-20260329.10']],
    ['days with seconds since the epoch', ['-20260329-1774740000', '-20260329-1774750000.gz', '-20260330-1774830000']],
  ])('tells the order, whatever the directory lists first: %s', ([, suffixes]) => {
    const names = suffixes.map((suffix) => BASE + suffix)
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: names.length }), (shuffled) => {
        const parsed = shuffled.flatMap((name) => parseSegmentName(BASE, name) ?? [])
        expect(parsed.sort(compareAge).map(({ name }) => name)).toEqual(names)
        expect(new Set(parsed.map(({ style }) => style)).size).toBe(1)
      }),
    )
  })
})

test('a position is written and read back', () => {
  const receivedAt = fc.date({ noInvalidDate: true }).map((date) => date.getTime())
  const first = fc.record({ id: fc.string({ unit: 'binary' }), receivedAt })
  fc.assert(
    fc.property(
      first,
      fc.maxSafeNat().map((offset) => Math.floor(offset / 16)),
      (first, offset) => {
        expect(parsePosition(formatPosition({ first, offset }))).toEqual({ first, offset })
      },
    ),
  )
  const place = { first: { id: 'id', receivedAt: 0 }, offset: 7 }
  expect(formatPosition(place)).toBe('id@1970-01-01T00:00:00.000Z+7')
})

describe('the list of files', () => {
  const line = (n: number) => `${JSON.stringify({ event_id: `${n}`, received_at: new Date(n * 1000).toISOString() })}\n`
  const make = (files: Record<string, string | Buffer>) => {
    const directory = makeFolder()
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content)
    return directory
  }
  const open = (directory: string, operations = nodeFileOperations) =>
    new Segments({ operations, directory, base: BASE, committedEnd: () => undefined })
  const namesIn = async (segments: Segments) => (await segments.list()).map(({ name }) => name.name)

  test('merges numbers and dates by their first records', async () => {
    const directory = make({
      [BASE]: line(60),
      [`${BASE}.1`]: line(50),
      [`${BASE}-20260329`]: line(40),
      [`${BASE}.2.gz`]: gzipSync(line(30)),
      [`${BASE}-20260328.gz`]: gzipSync(line(20)),
      [`${BASE}.3`]: line(10),
    })
    expect(await namesIn(open(directory))).toEqual(
      ['.3', '-20260328.gz', '.2.gz', '-20260329', '.1', ''].map((suffix) => BASE + suffix),
    )
  })

  test('keeps the order of the names where the clock was set back', async () => {
    const directory = make({
      [BASE]: line(1),
      [`${BASE}.1`]: line(9),
      [`${BASE}.2`]: line(5),
      [`${BASE}-20260329`]: line(7),
    })
    expect(await namesIn(open(directory))).toEqual(['.2', '-20260329', '.1', ''].map((suffix) => BASE + suffix))
  })

  test('counts a file, its compressed form and copies of it once', async () => {
    const directory = make({
      [BASE]: line(3) + line(4),
      [`${BASE}-20260329`]: line(3) + line(4) + line(5),
      [`${BASE}.1`]: line(1),
      [`${BASE}.2`]: line(1) + line(2),
      [`${BASE}.2.gz`]: gzipSync(line(1) + line(2)),
    })
    expect(await namesIn(open(directory))).toEqual([`${BASE}.2`, BASE])
  })

  test('leaves out files without a record, and a compressed form that has only just begun', async () => {
    const directory = make({
      [BASE]: '',
      [`${BASE}.1`]: line(1),
      [`${BASE}.1.gz`]: gzipSync(line(1)).subarray(0, 12),
      [`${BASE}.2`]: 'foreign\n\n',
      [`${BASE}.3.gz`]: gzipSync('\n'),
    })
    expect(await namesIn(open(directory))).toEqual([`${BASE}.1`])
  })

  test('leaves out what is no file, and never waits for a pipe', async () => {
    const directory = make({ [BASE]: line(1) })
    mkdirSync(join(directory, `${BASE}.1`))
    execFileSync('mkfifo', [join(directory, `${BASE}.2`)])
    expect(await namesIn(open(directory))).toEqual([BASE])
  })

  test('holds a file that cannot be read, which only matters to whoever comes to it', async () => {
    const operations = faultyDisk({
      open: (path) => {
        if (path.endsWith('.1')) throw systemError('EACCES')
      },
    })
    const segments = open(make({ [BASE]: line(3), [`${BASE}.1`]: line(2), [`${BASE}.2`]: line(1) }), operations)
    const list = await segments.list()
    expect(list.map(({ name }) => name.name)).toEqual([`${BASE}.2`, `${BASE}.1`, BASE])
    const [, unreadable] = list
    await expect(unreadable && segments.open(unreadable)).rejects.toMatchObject({ code: 'EACCES' })
  })

  test('skips lines before the first record', async () => {
    const segments = open(make({ [BASE]: `foreign\n \n{"a":1}\n${line(7)}` }))
    expect((await segments.list()).map(({ first }) => first)).toEqual([{ id: '7', receivedAt: 7000 }])
  })

  test('is read once: what is known of a file is not read again', async () => {
    const { operations, bytesRead } = countingDisk()
    const segments = open(make({ [BASE]: line(2), [`${BASE}.1`]: line(1), [`${BASE}.2`]: 'foreign\n' }), operations)
    await segments.list()
    const before = bytesRead()
    await segments.list()
    expect(bytesRead()).toBe(before)
  })

  test('notices a first record in a file that had none', async () => {
    const directory = make({ [BASE]: 'foreign\n' })
    const segments = open(directory)
    expect(await segments.list()).toEqual([])
    appendFileSync(join(directory, BASE), line(1))
    expect(await namesIn(segments)).toEqual([BASE])
  })

  test('is right while files are renamed', async () => {
    const directory = make({ [BASE]: line(3), [`${BASE}.1`]: line(2), [`${BASE}.2`]: line(1) })
    let reads = 0
    const operations = {
      ...nodeFileOperations,
      readdir: async (path: string) => {
        const names = await nodeFileOperations.readdir(path)
        // Between looking at the names and at the files.
        if (++reads === 1) {
          for (const number of [2, 1]) {
            renameSync(join(directory, `${BASE}.${number}`), join(directory, `${BASE}.${number + 1}`))
          }
          renameSync(join(directory, BASE), join(directory, `${BASE}.1`))
        }
        return names
      },
    }
    expect(await namesIn(open(directory, operations))).toEqual([`${BASE}.3`, `${BASE}.2`, `${BASE}.1`])
  })

  test('gives up on a directory that never comes to rest', async () => {
    const directory = make({ [BASE]: line(1) })
    let number = 0
    const operations = {
      ...nodeFileOperations,
      readdir: async (path: string) => {
        writeFileSync(join(directory, `${BASE}.${++number}`), '')
        return nodeFileOperations.readdir(path)
      },
    }
    await expect(open(directory, operations).list()).rejects.toThrow('renamed again and again')
  })

  test('a listed file is opened under the name it has by then', async () => {
    const directory = make({ [BASE]: line(3), [`${BASE}.1`]: line(2), [`${BASE}.2`]: line(1) })
    const segments = open(directory)
    const list = await segments.list()
    for (const number of [2, 1]) {
      renameSync(join(directory, `${BASE}.${number}`), join(directory, `${BASE}.${number + 1}`))
    }
    const firsts: unknown[] = []
    for (const segment of list) {
      const file = await segments.open(segment)
      firsts.push(file?.opened.name.name)
      await file?.opened.close()
    }
    expect(firsts).toEqual([`${BASE}.3`, `${BASE}.2`, BASE])
  })

  test('a file that was written anew in place is noticed', async () => {
    const directory = make({ [BASE]: line(1) })
    const segments = open(directory)
    const [before] = await segments.list()
    writeFileSync(join(directory, BASE), line(2) + line(3))
    expect(before && (await segments.open(before))).toBeUndefined()
    expect((await segments.list()).map(({ first }) => first?.id)).toEqual(['2'])
  })

  test('a directory that is missing is an error', async () => {
    await expect(open(join(makeFolder(), 'missing')).list()).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
