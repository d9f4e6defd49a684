import { constants, truncateSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { nodeFileOperations, type OpenFile } from '../../../src/event-store/files/file-operations.ts'
import type { Lines } from '../../../src/event-store/files/line-format.ts'
import { readBackwards } from '../../../src/event-store/files/read-backwards.ts'
import { makeFolder } from '../../support/folder.ts'
import { propertyRuns } from '../../support/property-runs.ts'

const MIB = 1 << 20

/** A file in memory that returns at most this many bytes from each read. */
function memoryFile(content: Buffer, atMost = Number.POSITIVE_INFINITY) {
  const reads: { position: number; length: number }[] = []
  const read = async (target: Buffer, offset: number, length: number, position: number) => {
    reads.push({ position, length })
    const bytesRead = content.copy(target, offset, position, position + Math.min(length, atMost))
    return { bytesRead, buffer: target }
  }
  return { handle: { read } as unknown as OpenFile, reads }
}

async function blocksOf(handle: OpenFile, size: number): Promise<Lines[]> {
  const blocks: Lines[] = []
  for await (const block of readBackwards(handle, size)) blocks.push(block)
  return blocks
}

/** Checks that the blocks add up to the file, and that each one begins at the start of a line. */
function expectWholeLines(blocks: readonly Lines[], content: Buffer): void {
  let end = content.length
  for (const { position, bytes } of blocks) {
    expect(bytes.length).toBeGreaterThan(0)
    expect(position + bytes.length).toBe(end)
    expect(bytes.equals(content.subarray(position, end))).toBe(true)
    expect(position === 0 || content[position - 1] === 0x0a).toBe(true)
    end = position
  }
  expect(end).toBe(0)
}

test('an empty file has no blocks', async () => {
  expect(await blocksOf(memoryFile(Buffer.alloc(0)).handle, 0)).toEqual([])
})

test('a file is read in blocks of whole lines, however long the lines are', async () => {
  const lineLength = fc.oneof(
    fc.nat(100),
    fc.integer({ min: MIB / 4, max: MIB + 10 }),
    fc.constantFrom(MIB - 2, MIB - 1, MIB, MIB + 1, 2 * MIB - 1, 2 * MIB, 3 * MIB),
  )
  const lengths = fc.array(lineLength, { minLength: 1, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(lengths, fc.boolean(), async (lines, endsWithLineFeed) => {
      const whole = Buffer.from(lines.map((length, index) => `${String(index).repeat(length)}\n`).join(''))
      const content = endsWithLineFeed ? whole : whole.subarray(0, -1)
      const { handle } = memoryFile(content)
      expectWholeLines(await blocksOf(handle, content.length), content)
    }),
    propertyRuns(60),
  )
})

test.for<[string, number[]]>([
  ['a line feed as the first byte of a chunk', [10, MIB]],
  ['a line feed as the last byte of a chunk', [10, MIB - 1]],
  ['a line that fills a chunk without its line feed', [10, MIB, 5]],
  ['a line that spans three chunks', [10, 3 * MIB, 5]],
  ['one line, longer than a chunk', [2 * MIB]],
  ['blank lines', [0, 0, MIB - 2, 0]],
])('%s', async ([, lines]) => {
  const content = Buffer.from(lines.map((length) => `${'x'.repeat(length)}\n`).join(''))
  expectWholeLines(await blocksOf(memoryFile(content).handle, content.length), content)
})

test('nothing is read ahead: about one MiB per block', async () => {
  const content = Buffer.from(`${'x'.repeat(999)}\n`.repeat(5000))
  const { handle, reads } = memoryFile(content)
  const blocks = readBackwards(handle, content.length)
  const first = await blocks.next()
  await blocks.return(undefined)
  expect(first.value?.bytes.length).toBeGreaterThan(MIB - 1000)
  expect(reads).toEqual([{ position: content.length - MIB, length: MIB }])
})

test('nothing beyond the given size is read', async () => {
  const content = Buffer.from('one\ntwo\nthree\n')
  expect(await blocksOf(memoryFile(content).handle, 8)).toEqual([{ position: 0, bytes: Buffer.from('one\ntwo\n') }])
})

test('short reads continue with the rest', async () => {
  const content = Buffer.from('one\ntwo\nthree')
  for (const atMost of [1, 2, 5]) {
    const { handle } = memoryFile(content, atMost)
    expect(await blocksOf(handle, content.length)).toEqual([{ position: 0, bytes: content }])
  }
})

test('a file that shrinks is an error, not an endless loop', async () => {
  const path = `${makeFolder()}/log.jsonl`
  writeFileSync(path, 'one\ntwo\n')
  const handle = await nodeFileOperations.open(path, constants.O_RDONLY)
  onTestFinished(() => handle.close())
  truncateSync(path, 4)
  await expect(blocksOf(handle, 8)).rejects.toThrow('a log file was truncated while it was being read')
})
