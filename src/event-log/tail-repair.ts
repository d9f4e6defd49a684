import { isUtf8 } from 'node:buffer'
import { constants } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Report } from './errors.ts'
import { errorCode, FILE_MODE, type FileOperations, type OpenFile, syncDirectory, writeAll } from './file-operations.ts'
import { readBackwards } from './read-backwards.ts'

const LINE_FEED = 0x0a
/** Stands in the names of files with torn remains. */
export const TORN_MARK = '.torn-'

export interface TailRepairOptions {
  readonly path: string
  readonly operations: FileOperations
  /** How far from the end an unfinished batch can reach, in bytes. */
  readonly reach: number
  readonly report: Report
}

/**
 * Mends the end of a log file after a crash. Whatever was acknowledged had been synced before the next batch was
 * written, so only the last batch can be torn. Its lines that do not parse (a power cut can leave zeros even before
 * the last line feed) are set aside in a file of their own; the lines that do parse stay.
 *
 * @returns the name of the file with the torn remains, if there were any
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
    // A kill between write and sync leaves lines that only the page cache knows: they count once they are on disk.
    await handle.datasync()
    return await mend(handle, stats.size, reach, options)
  } finally {
    await handle.close()
  }
}

async function mend(handle: OpenFile, size: number, reach: number, options: TailRepairOptions) {
  const tail = await readTail(handle, size, reach)
  const lines = splitLines(tail.bytes)
  const firstFlaw = lines.findIndex((line) => !isWholeRecord(line))
  if (firstFlaw === -1) return undefined

  const goodBytes = lines.slice(0, firstFlaw).reduce((sum, line) => sum + line.length, 0)
  const remains = lines.slice(firstFlaw)
  const kept = remains.filter(isRecord)
  const torn = kept.length < remains.length ? await setAside(tail.bytes.subarray(goodBytes), options) : undefined
  await handle.truncate(tail.position + goodBytes)
  await writeAll(handle, Buffer.concat(kept.map(withLineFeed)), tail.position + goodBytes)
  await handle.datasync()
  return torn
}

async function readTail(handle: OpenFile, size: number, reach: number) {
  let bytes: Buffer = Buffer.alloc(0)
  let position = size
  for await (const block of readBackwards(handle, size)) {
    bytes = Buffer.concat([block.bytes, bytes])
    position = block.position
    if (bytes.length >= reach) break
  }
  return { bytes, position }
}

function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LINE_FEED, start)
    const next = end === -1 ? bytes.length : end + 1
    lines.push(bytes.subarray(start, next))
    start = next
  }
  return lines
}

/** A line as it should be: a record or a blank one, with its line feed. */
function isWholeRecord(line: Buffer): boolean {
  return line.at(-1) === LINE_FEED && (isRecord(line) || line.toString('latin1').trim() === '')
}

function isRecord(line: Buffer): boolean {
  if (!isUtf8(line)) return false
  try {
    const value: unknown = JSON.parse(line.toString())
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

function withLineFeed(line: Buffer): Buffer {
  return line.at(-1) === LINE_FEED ? line : Buffer.concat([line, Buffer.of(LINE_FEED)])
}

async function setAside(remains: Buffer, { path, operations, report }: TailRepairOptions): Promise<string> {
  const tornPath = `${path}${TORN_MARK}${new Date().toISOString().replaceAll(':', '-')}`
  const handle = await operations.open(tornPath, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, FILE_MODE)
  try {
    await writeAll(handle, remains, 0)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await syncDirectory(operations, dirname(path))
  report({
    level: 'warn',
    file: basename(path),
    message: `A crash left an unfinished write of ${remains.length} bytes. It was never acknowledged; it is set aside in ${basename(tornPath)}.`,
  })
  return tornPath
}
