import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { nodeFileOperations } from '../../../src/event-store/files/file-operations.ts'
import { repairTail } from '../../../src/event-store/files/tail-repair.ts'
import { createTelemetry } from '../../../src/telemetry.ts'
import { countingDisk, type Faults, failing, faultyDisk, systemError } from '../../support/faulty-disk.ts'
import { makeFolder } from '../../support/folder.ts'
import { propertyRuns } from '../../support/property-runs.ts'
import { reportingTo } from '../../support/telemetry.ts'
import { volatileDisk } from '../../support/volatile-disk.ts'

async function repair(content: string | Buffer, reach = 1 << 20) {
  const folder = mkdtempSync(join(tmpdir(), 'receiver-'))
  const path = `${folder}/log.jsonl`
  writeFileSync(path, content)
  const report = vi.fn()
  await repairTail({ path, operations: nodeFileOperations, reach, telemetry: reportingTo(report) })
  const [torn] = readdirSync(folder).filter((name) => name.includes('.torn-'))
  const result = {
    log: readFileSync(path, 'utf8'),
    torn: torn === undefined ? undefined : readFileSync(`${folder}/${torn}`, 'utf8'),
    reports: report.mock.calls.map(([{ level }]) => level),
  }
  rmSync(folder, { recursive: true })
  return result
}

test.for<[string, string, string, string | undefined]>([
  ['an empty file', '', '', undefined],
  ['whole lines', '{"a":1}\n{"a":2}\n', '{"a":1}\n{"a":2}\n', undefined],
  ['half a line at the end', '{"a":1}\n{"a":', '{"a":1}\n', '{"a":'],
  ['nothing but half a line', '{"a', '', '{"a'],
  ['a whole record without its line feed', '{"a":1}\n{"a":2}', '{"a":1}\n{"a":2}\n', undefined],
  ['zeros before the last line feed', '{"a":1}\n\0\0\0\n', '{"a":1}\n', '\0\0\0\n'],
  ['zeros at the end', '{"a":1}\n\0\0\0', '{"a":1}\n', '\0\0\0'],
  ['a hole, and a whole record after it', '{"a":1}\n\0\0\n{"a":2}\n', '{"a":1}\n  \n{"a":2}\n', '\0\0\n'],
  ['torn lines before and after a record', 'x\n{"a":1}\ny', ' \n{"a":1}\n', 'x\ny'],
  ['a blank line at the end', '{"a":1}\n  \n', '{"a":1}\n', undefined],
  ['a blank line between records', '{"a":1}\n  \n{"a":2}\n', '{"a":1}\n  \n{"a":2}\n', undefined],
  ['a line that is JSON but no record', '{"a":1}\n12\n', '{"a":1}\n', '12\n'],
  ['a line that is null', '{"a":1}\nnull\n', '{"a":1}\n', 'null\n'],
])('%s', async ([, before, after, torn]) => {
  const result = await repair(before)
  expect(result.log).toBe(after)
  expect(result.torn).toBe(torn)
  expect(result.reports).toEqual(torn === undefined ? [] : ['warn'])
})

test('bytes that are not UTF-8 are moved', async () => {
  const { log, torn } = await repair(Buffer.from('{"a":1}\n{"a":"\xff"}\n', 'latin1'))
  expect(log).toBe('{"a":1}\n')
  expect(torn).toBeDefined()
})

test('lines far from the end, which were synced earlier, are not checked', async () => {
  const { log, torn } = await repair(`not JSON\n${'{"a":1}\n'.repeat(300_000)}`, 1000)
  expect(log.startsWith('not JSON\n')).toBe(true)
  expect(torn).toBeUndefined()
})

test('a torn line is found anywhere an unfinished batch can reach', async () => {
  const { log, torn } = await repair(`{"a":1}\ntorn\n${'{"a":1}\n'.repeat(300_000)}`, 2_400_010)
  expect(torn).toBe('torn\n')
  expect(log.startsWith('{"a":1}\n    \n{"a":1}\n')).toBe(true)
})

test('a torn line that is longer than the reach is found', async () => {
  const whole = '{"a":1}\n'
  const { log, torn } = await repair(`${whole}{"a":"${'x'.repeat(3_000_000)}`, 10)
  expect(log).toBe(whole)
  expect(torn).toHaveLength(3_000_006)
})

test('truncated at any byte, the whole lines stay and the rest is moved', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 5 }), fc.nat(), async (values, cut) => {
      const whole = Buffer.from(values.map((value) => `${JSON.stringify({ value })}\n`).join(''))
      const content = whole.subarray(0, cut % (whole.length + 1))
      const { log, torn } = await repair(content)
      const lastLineFeed = content.lastIndexOf(0x0a) + 1
      const isWholeRecord = content.at(-1) === 0x7d && content.length > lastLineFeed && whole[content.length] === 0x0a
      expect(log).toBe(isWholeRecord ? `${content}\n` : content.subarray(0, lastLineFeed).toString())
      expect(torn).toBe(
        isWholeRecord || lastLineFeed === content.length ? undefined : content.toString('utf8', lastLineFeed),
      )
    }),
    propertyRuns(200),
  )
})

test('a missing file is not created', async () => {
  await repairTail({
    path: `${makeFolder()}/none.jsonl`,
    operations: nodeFileOperations,
    reach: 100,
    telemetry: createTelemetry(),
  })
})

test('a disk that is full during the repair loses no record', async () => {
  const folder = makeFolder()
  const path = `${folder}/log.jsonl`
  const content = '{"a":1}\nforeign\n{"a":2}\n{"a":3}\n'
  writeFileSync(path, content)
  const operations = faultyDisk({ write: () => failing('ENOSPC').check() })
  await expect(repairTail({ path, operations, reach: 1000, telemetry: createTelemetry() })).rejects.toThrow('ENOSPC')
  expect(readFileSync(path, 'utf8')).toBe(content)
})

test('a file that cannot be synced is not trusted', async () => {
  const path = `${makeFolder()}/log.jsonl`
  writeFileSync(path, '{"a":1}\n')
  const operations = faultyDisk({ datasync: () => failing('EIO').check() })
  await expect(repairTail({ path, operations, reach: 100, telemetry: createTelemetry() })).rejects.toThrow('EIO')
})

describe('after a power failure', () => {
  const content = '{"a":1}\nforeign\n{"a":2}\ntorn'
  const tornLines = 'foreign\ntorn'
  const tornFiles = (folder: string) => readdirSync(folder).filter((name) => name.includes('.torn-'))

  function onVolatileDisk() {
    const folder = makeFolder()
    const path = `${folder}/log.jsonl`
    writeFileSync(path, content)
    return { folder, path, disk: volatileDisk(folder) }
  }

  test('a finished repair persists, and so do the moved lines', async () => {
    const { folder, path, disk } = onVolatileDisk()
    await repairTail({ path, operations: disk.operations, reach: 1000, telemetry: createTelemetry() })
    disk.cutPower()
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n       \n{"a":2}\n')
    expect(tornFiles(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'))).toEqual([tornLines])
  })

  test('an interrupted repair loses nothing: the log is unchanged, or the removed lines have been moved', async () => {
    const { folder, path, disk } = onVolatileDisk()
    /** What may be on disk before a sync, according to POSIX: all writes to the log, but no new names. */
    const checkAll = () => {
      const log = readFileSync(path, 'utf8')
      disk.cutPower()
      const moved = tornFiles(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
      expect(log === content || moved.includes(tornLines)).toBe(true)
      throw systemError('EIO')
    }
    const operations = {
      ...disk.operations,
      open: async (name: string, flags: number, mode?: number) => {
        const file = await disk.operations.open(name, flags, mode)
        return name === path ? Object.assign(file, { truncate: checkAll }) : file
      },
    }
    await expect(repairTail({ path, operations, reach: 1000, telemetry: createTelemetry() })).rejects.toThrow('EIO')
  })
})

describe('the effects of a repair', () => {
  async function repairOn(content: string, faults: Faults = {}) {
    const path = `${makeFolder()}/log.jsonl`
    writeFileSync(path, content)
    const counts = { opened: 0, closed: 0, written: 0, truncated: 0, synced: 0 }
    const operations = faultyDisk({
      open: () => void counts.opened++,
      close: () => void counts.closed++,
      truncate: () => void counts.truncated++,
      datasync: () => void counts.synced++,
      ...faults,
      write: (length) => {
        counts.written++
        return faults.write?.(length)
      },
    })
    const report = vi.fn()
    const repairing = repairTail({ path, operations, reach: 1000, telemetry: reportingTo(report) })
    return { path, counts, report, repairing }
  }

  test('the report says how many bytes were moved, from which file and to where', async () => {
    const { path, report, repairing } = await repairOn('{"a":1}\ntorn')
    const tornPath = await repairing
    expect(tornPath).toMatch(/\/log\.jsonl\.torn-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z-\d+$/)
    expect(tornPath?.startsWith(path)).toBe(true)
    expect(report.mock.calls).toMatchObject([[{ file: 'log.jsonl', bytes: 4, moved_to: basename(tornPath ?? '') }]])
  })

  test('only the owner and the group may read the moved lines', async () => {
    const { repairing } = await repairOn('torn')
    expect(statSync((await repairing) ?? '').mode & 0o777).toBe(0o640)
  })

  test('an intact log is synced, but not written to', async () => {
    const { counts, repairing } = await repairOn('{"a":1}\n')
    expect(await repairing).toBeUndefined()
    expect(counts).toMatchObject({ written: 0, truncated: 0, synced: 1 })
  })

  test('only a line feed is added to a record that lacks it', async () => {
    const { path, counts, repairing } = await repairOn('{"a":1}')
    expect(await repairing).toBeUndefined()
    expect(counts).toMatchObject({ written: 1, synced: 2 })
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n')
  })

  test('what is cut off is not overwritten first', async () => {
    const { path, counts, repairing } = await repairOn('{"a":1}\ntorn\nmore')
    expect(readFileSync((await repairing) ?? '', 'utf8')).toBe('torn\nmore')
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n')
    expect(counts).toMatchObject({ written: 1, truncated: 1 })
  })

  test('short writes go on with the rest', async () => {
    const { path, repairing } = await repairOn('foreign\n{"a":1}\ntorn', { write: () => 1 })
    expect(readFileSync((await repairing) ?? '', 'utf8')).toBe('foreign\ntorn')
    expect(readFileSync(path, 'utf8')).toBe('       \n{"a":1}\n')
  })

  test.for<[string, Faults, string | undefined]>([
    ['succeeds', {}, undefined],
    ['cannot write', { write: failing('ENOSPC').check }, 'ENOSPC'],
    ['cannot sync', { datasync: failing('EIO').check }, 'EIO'],
    ['cannot truncate', { truncate: failing('EIO').check }, 'EIO'],
  ])('no file stays open when it %s', async ([, faults, code]) => {
    const { counts, repairing } = await repairOn('{"a":1}\ntorn', faults)
    if (code === undefined) await repairing
    else await expect(repairing).rejects.toThrow(code)
    expect(counts.opened).toBeGreaterThan(0)
    expect(counts.closed).toBe(counts.opened)
  })

  test('a file that cannot be opened is an error', async () => {
    const { repairing } = await repairOn('{"a":1}\n', { open: failing('EACCES').check })
    await expect(repairing).rejects.toThrow('EACCES')
  })

  test.for<[string, (path: string) => void]>([
    ['a directory', (path) => mkdirSync(path)],
    ['a FIFO', (path) => execFileSync('mkfifo', [path])],
  ])('%s in place of the log is an error, and never blocks', async ([, make]) => {
    const path = `${makeFolder()}/log.jsonl`
    make(path)
    const repairing = repairTail({ path, operations: nodeFileOperations, reach: 100, telemetry: createTelemetry() })
    await expect(repairing).rejects.toThrow(/EISDIR|is not a regular file/)
  })

  test('no more is read than an unfinished batch can reach', async () => {
    const path = `${makeFolder()}/log.jsonl`
    writeFileSync(path, '{"a":1}\n'.repeat(500_000))
    const { operations, bytesRead } = countingDisk()
    // As many whole lines as the first block that is read holds.
    await repairTail({ path, operations, reach: (1 << 20) - 8, telemetry: createTelemetry() })
    expect(bytesRead()).toBe(1 << 20)
  })
})
