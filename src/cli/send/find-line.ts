import { type FileHandle, open, stat } from 'node:fs/promises'
import { parseLine, splitLines } from '../../event-store/files/line-format.ts'
import { readBackwards } from '../../event-store/files/read-backwards.ts'

/** In bytes. Searching further back in a large file would take too long. */
const MAX_SEARCH_BYTES = 64 * 1024 * 1024

type LoggedRecord = Readonly<Record<string, unknown>>

/** @returns the file's size in bytes, or 0 if it does not exist or is not accessible */
export async function sizeOf(path: string): Promise<number> {
  const { size } = await stat(path).catch(() => ({ size: 0 }))
  return size
}

/**
 * Finds the newest line of a log file whose record matches.
 *
 * @param from lines before this position, in bytes, are ignored
 * @returns the line exactly as in the file, or undefined
 * @throws a system error if the file cannot be read
 */
export async function findLine(
  path: string,
  from: number,
  matches: (record: LoggedRecord) => boolean,
): Promise<string | undefined> {
  const handle = await open(path)
  try {
    return await searchBackwards(handle, from, matches)
  } finally {
    await handle.close()
  }
}

async function searchBackwards(handle: FileHandle, from: number, matches: (record: LoggedRecord) => boolean) {
  const { size } = await handle.stat()
  // A shorter file is a new one: the old one has been rotated.
  const start = Math.max(size < from ? 0 : from, size - MAX_SEARCH_BYTES)
  for await (const { position, bytes } of readBackwards(handle, size)) {
    const lines = splitLines({ position, bytes: bytes.subarray(Math.max(0, start - position)) })
    const found = lines.findLast((line) => matches(parseLine(line.bytes) ?? {}))
    if (found) return found.bytes.toString().replace(/\n$/, '')
    if (position <= start) return undefined
  }
  return undefined
}
