import { randomBytes } from 'node:crypto'
import { constants, truncateSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { nodeFileOperations } from '../../../src/event-store/files/file-operations.ts'
import type { Lines } from '../../../src/event-store/files/line-format.ts'
import { linesBackwards } from '../../../src/event-store/files/reading/backward-lines.ts'
import { MisplacedError } from '../../../src/event-store/files/reading/line-reader.ts'
import { OpenSegment } from '../../../src/event-store/files/reading/open-segment.ts'
import { PlainLines } from '../../../src/event-store/files/reading/plain-lines.ts'
import { parseSegmentName } from '../../../src/event-store/files/reading/segment-name.ts'
import { countingDisk, faultyDisk, systemError } from '../../support/faulty-disk.ts'
import { makeFolder } from '../../support/folder.ts'
import { propertyRuns } from '../../support/property-runs.ts'

const KIB = 1024
const MIB = 1024 * KIB

function open(content: Buffer, isCompressed: boolean, operations = nodeFileOperations): Promise<OpenSegment> {
  return openAs(isCompressed ? 'log.1.gz' : 'log', isCompressed ? gzipSync(content, { level: 1 }) : content, operations)
}

async function openAs(file: string, bytes: Buffer, operations = nodeFileOperations): Promise<OpenSegment> {
  const directory = makeFolder()
  const name = parseSegmentName('log', file)
  if (!name) throw new Error('not the name of a log file')
  writeFileSync(`${directory}/${file}`, bytes)
  const opened = await OpenSegment.open({ operations, directory, base: 'log', committedEnd: () => undefined }, name)
  if (!opened) throw new Error('there is no such file')
  onTestFinished(() => opened.close())
  return opened
}

async function readForwards(opened: OpenSegment, offset: number, end: number, isFinal: boolean): Promise<Lines[]> {
  const reader = opened.linesFrom(offset)
  const blocks: Lines[] = []
  for (let lines = await reader.next(end, isFinal); lines; lines = await reader.next(end, isFinal)) blocks.push(lines)
  await reader.close()
  return blocks
}

async function readBackwards(opened: OpenSegment, offset: number | undefined, isFinal: boolean): Promise<Lines[]> {
  const blocks: Lines[] = []
  for await (const lines of linesBackwards(opened, offset, isFinal)) blocks.unshift(lines)
  return blocks
}

/** Checks that the blocks are a part of the content, and each consists of whole lines. */
function expectBlocks(blocks: readonly Lines[], content: Buffer, start: number, end: number): void {
  let position = start
  for (const lines of blocks) {
    expect(lines.position).toBe(position)
    expect(lines.bytes.equals(content.subarray(position, position + lines.bytes.length))).toBe(true)
    position += lines.bytes.length
    expect(lines.bytes.at(-1) === 0x0a || position === content.length).toBe(true)
  }
  expect(position).toBe(end)
}

const lineLengths = fc.array(
  fc.oneof(
    fc.nat(300),
    fc.constantFrom(64 * KIB - 1, 64 * KIB, 256 * KIB - 2, 256 * KIB - 1, 256 * KIB, 512 * KIB, MIB),
  ),
  { maxLength: 8 },
)

describe.for([false, true])('lines of a file (compressed: %s)', (isCompressed) => {
  test('are read forwards and backwards from between any two of them', async () => {
    await fc.assert(
      fc.asyncProperty(lineLengths, fc.nat(8), fc.boolean(), async (lengths, startLine, lacksLineFeed) => {
        const lines = lengths.map((length, index) => `${String(index).repeat(length)}\n`)
        const whole = Buffer.from(lines.join(''))
        const content = lacksLineFeed ? whole.subarray(0, -1) : whole
        const offset = Math.min(Buffer.byteLength(lines.slice(0, startLine).join('')), content.length)
        const opened = await open(content, isCompressed)
        expectBlocks(await readForwards(opened, offset, content.length, true), content, offset, content.length)
        expectBlocks(await readBackwards(opened, offset, true), content, 0, offset)
        expectBlocks(await readBackwards(opened, undefined, true), content, 0, content.length)
      }),
      propertyRuns(30),
    )
  })

  test('cannot be read from within a line, or from behind the end', async () => {
    const opened = await open(Buffer.from('one\ntwo\n'), isCompressed)
    for (const offset of [1, 3, 5, 9]) {
      await expect(readForwards(opened, offset, 8, true)).rejects.toThrow(MisplacedError)
      await expect(readBackwards(opened, offset, true)).rejects.toThrow(MisplacedError)
    }
  })

  test('a disk that cannot be read is an error', async () => {
    const operations = faultyDisk({
      read: () => {
        throw systemError('EIO')
      },
    })
    const opened = await open(Buffer.from('one\n'), isCompressed, operations)
    await expect(readForwards(opened, 0, 4, true)).rejects.toMatchObject({ code: 'EIO' })
    await expect(readBackwards(opened, undefined, true)).rejects.toMatchObject({ code: 'EIO' })
  })

  test('are read no further than necessary', async () => {
    const content = Buffer.from(Array.from({ length: 5000 }, () => `${randomBytes(500).toString('hex')}\n`).join(''))
    const { operations, bytesRead } = countingDisk()
    const opened = await open(content, isCompressed, operations)
    const reader = opened.linesFrom(0)
    await reader.next(content.length, true)
    await reader.close()
    expect(bytesRead()).toBeLessThanOrEqual(MIB / 2)
  })
})

describe('a file that grows', () => {
  test('has no further line until its last one is complete', async () => {
    const { handle } = await open(Buffer.from('one\ntwo\nthree'), false)
    const reader = new PlainLines(handle, 0)
    expect(await reader.next(3, false)).toBeUndefined()
    expect(await reader.next(7, false)).toEqual({ position: 0, bytes: Buffer.from('one\n') })
    expect(await reader.next(7, false)).toBeUndefined()
    expect(await reader.next(8, false)).toEqual({ position: 4, bytes: Buffer.from('two\n') })
    expect(await reader.next(13, false)).toBeUndefined()
    expect(await reader.next(13, true)).toEqual({ position: 8, bytes: Buffer.from('three') })
    expect(await reader.next(13, true)).toBeUndefined()
  })

  test('and is cut is noticed', async () => {
    const directory = makeFolder()
    writeFileSync(`${directory}/log`, 'one\ntwo\n')
    const handle = await nodeFileOperations.open(`${directory}/log`, constants.O_RDONLY)
    onTestFinished(() => handle.close())
    const reader = new PlainLines(handle, 0)
    await reader.next(8, false)
    truncateSync(`${directory}/log`, 4)
    await expect(reader.next(4, false)).rejects.toThrow(MisplacedError)
    writeFileSync(`${directory}/log`, 'another line\n')
    await expect(reader.next(13, false)).rejects.toThrow(MisplacedError)
  })

  test('has an incomplete last line that is left out backwards', async () => {
    const opened = await open(Buffer.from('one\ntwo\nthr'), false)
    expect(await readBackwards(opened, undefined, false)).toEqual([{ position: 0, bytes: Buffer.from('one\ntwo\n') }])
  })
})

describe('a compressed file', () => {
  test('of several members, as `cat a.gz b.gz` makes one, is read through', async () => {
    const opened = await openAs('log.1.gz', Buffer.concat([gzipSync('one\ntw'), gzipSync('o\nthree\n')]))
    const blocks = await readForwards(opened, 0, 0, true)
    expect(Buffer.concat(blocks.map(({ bytes }) => bytes)).toString()).toBe('one\ntwo\nthree\n')
  })

  test('that ends too early is an error', async () => {
    const opened = await openAs('log.1.gz', gzipSync('one\n'.repeat(9)).subarray(0, -5))
    const message = /log\.1\.gz is damaged: unexpected end of file\. Restore it/
    await expect(readForwards(opened, 0, 0, true)).rejects.toThrow(message)
    await expect(readBackwards(opened, undefined, true)).rejects.toThrow(message)
  })

  test('is read backwards in pieces', async () => {
    const line = `${'x'.repeat(MIB - 1)}\n`
    const content = Buffer.from(line.repeat(20))
    const opened = await open(content, true)
    const blocks = linesBackwards(opened, undefined, true)
    let end = content.length
    for await (const { position, bytes } of blocks) {
      expect(position + bytes.length).toBe(end)
      end = position
    }
    expect(end).toBe(0)
  })
})
