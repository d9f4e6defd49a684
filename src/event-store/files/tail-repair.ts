import { constants } from 'node:fs'
import { basename, dirname } from 'node:path'
import { errorCode } from '../../lib/errors.ts'
import type { Telemetry } from '../../telemetry.ts'
import { type FileOperations, type OpenFile, syncDirectory, withFile, writeAll } from './file-operations.ts'
import { isBlank, LINE_FEED, type Lines, parseLine, splitLines } from './line-format.ts'
import { readBackwards } from './read-backwards.ts'

/** Part of the name of every file to which torn lines were moved. */
export const TORN_MARK = '.torn-'

export interface TailRepairOptions {
  readonly path: string
  readonly operations: FileOperations
  /** How far from the end of the file an unfinished batch can start, in bytes. */
  readonly reach: number
  readonly telemetry: Telemetry
}

/**
 * Repairs the end of a log file after a crash. Every batch is synced before the next one is written, so only the last
 * batch can be torn. Lines that are not records (a power failure can leave zeros even before the last line feed) are
 * moved to a separate file. Records never move: a torn line before a record is overwritten with spaces in place, so
 * that a crash during the repair, or a full disk, loses nothing.
 *
 * @returns the path of the file with the torn lines, if there were any
 * @throws the operating system's error
 */
export async function repairTail(options: TailRepairOptions): Promise<string | undefined> {
  const { path, operations, reach } = options
  let handle: OpenFile
  try {
    handle = await operations.open(path, constants.O_RDWR | constants.O_NONBLOCK)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw new Error(`${path} is not a regular file`)
    // A kill between write and sync leaves lines that are only in the page cache. Sync them before trusting them.
    await handle.datasync()
    return await repair(handle, stats.size, reach, options)
  } finally {
    await handle.close()
  }
}

async function repair(handle: OpenFile, size: number, reach: number, options: TailRepairOptions) {
  const tail = await readTail(handle, size, reach)
  const lines = splitLines(tail)
  const torn = lines.filter(({ bytes }) => !isRecord(bytes) && !isBlank(bytes))
  const lastRecord = lines.findLast(({ bytes }) => isRecord(bytes))
  const end = lastRecord ? lastRecord.position + lastRecord.bytes.length : tail.position
  const lacksLineFeed = lastRecord !== undefined && lastRecord.bytes.at(-1) !== LINE_FEED
  if (torn.length === 0 && end === size && !lacksLineFeed) return undefined

  const tornPath =
    torn.length > 0 ? await moveTornLines(Buffer.concat(torn.map(({ bytes }) => bytes)), options) : undefined
  for (const { position, bytes } of torn.filter(({ position }) => position < end)) {
    await writeAll(handle, Buffer.alloc(bytes.length - 1, ' '), position)
  }
  await handle.truncate(end)
  if (lacksLineFeed) await writeAll(handle, Buffer.of(LINE_FEED), end)
  await handle.datasync()
  return tornPath
}

async function readTail(handle: OpenFile, size: number, reach: number): Promise<Lines> {
  let bytes: Buffer = Buffer.alloc(0)
  let position = size
  for await (const block of readBackwards(handle, size)) {
    bytes = Buffer.concat([block.bytes, bytes])
    position = block.position
    if (bytes.length >= reach) break
  }
  return { bytes, position }
}

function isRecord(line: Buffer): boolean {
  return parseLine(line) !== undefined
}

async function moveTornLines(lines: Buffer, { path, operations, telemetry }: TailRepairOptions): Promise<string> {
  const tornPath = `${path}${TORN_MARK}${new Date().toISOString().replaceAll(':', '-')}-${process.pid}`
  await withFile(operations, tornPath, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, async (handle) => {
    await writeAll(handle, lines, 0)
    await handle.sync()
  })
  await syncDirectory(operations, dirname(path))
  telemetry.emit('tornLinesMoved', { file: basename(path), bytes: lines.length, movedTo: basename(tornPath) })
  return tornPath
}
