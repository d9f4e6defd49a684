import { type FileHandle, open, stat } from 'node:fs/promises'
import { readBackwards } from '../../event-store/files/read-backwards.ts'

/** Looking further back in a large file would keep the user waiting. In bytes. */
const REACH = 64 * 1024 * 1024

type LoggedRecord = Readonly<Record<string, unknown>>

/** @returns the file's size in bytes; 0 if there is none, or none that this user may see */
export async function sizeOf(path: string): Promise<number> {
  const { size } = await stat(path).catch(() => ({ size: 0 }))
  return size
}

/**
 * Looks for the newest line of a log file whose record matches.
 *
 * @param from lines before this position, in bytes, do not count
 * @returns the line as it stands in the file, or undefined
 * @throws the operating system's error if the file cannot be read
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
  // A file that became shorter is another one: the old one was rotated away.
  const start = Math.max(size < from ? 0 : from, size - REACH)
  for await (const { position, bytes } of readBackwards(handle, size)) {
    const lines = bytes
      .subarray(Math.max(0, start - position))
      .toString()
      .split('\n')
    const found = lines.findLast((line) => matches(parseRecord(line)))
    if (found !== undefined) return found
    if (position <= start) return undefined
  }
  return undefined
}

function parseRecord(line: string): LoggedRecord {
  try {
    return JSON.parse(line) ?? {}
  } catch {
    return {}
  }
}
