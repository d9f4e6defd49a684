import { DISORDER_MS } from '../../event-reader.ts'
import type { OpenFile } from '../file-operations.ts'
import { readUpTo } from '../file-operations.ts'
import { type Identity, LINE_FEED, parseIdentity, splitLines } from '../line-format.ts'
import { PlainLines } from './plain-lines.ts'
import type { Segment } from './segment.ts'

/** The search stops when this few bytes are left: they are simply read. */
const CLOSE_BYTES = 1 << 17
const CHUNK_BYTES = 1 << 16

/** Whether everything stored before a record is too old. Records are only roughly in order of time. */
function isAllOlder({ receivedAt }: Identity, since: number): boolean {
  return receivedAt + DISORDER_MS < since
}

/** @returns the index of the first file that can hold a record received since a time; 0 for an empty list */
export function seekFile(list: readonly Segment[], since: number): number {
  return Math.max(
    list.findLastIndex(({ first }) => first && isAllOlder(first, since)),
    0,
  )
}

/**
 * Finds where to start reading a file for what was received since a time, by binary search.
 *
 * @param end how far the file may be read, in bytes
 * @returns the offset of a line; all records before it are older
 */
export async function seekTime(handle: OpenFile, end: number, since: number): Promise<number> {
  let low = 0
  let high = end
  while (high - low > CLOSE_BYTES) {
    const middle = low + Math.floor((high - low) / 2)
    const record = await firstRecordAfter(handle, middle, high)
    if (record && isAllOlder(record, since)) low = record.position
    else high = middle
  }
  return low
}

async function firstRecordAfter(
  handle: OpenFile,
  offset: number,
  end: number,
): Promise<(Identity & { position: number }) | undefined> {
  const reader = new PlainLines(handle, await nextLine(handle, offset, end))
  for (;;) {
    const lines = await reader.next(end, false)
    if (!lines) return undefined
    for (const { position, bytes } of splitLines(lines)) {
      const identity = parseIdentity(bytes)
      if (identity) return { ...identity, position }
    }
  }
}

/** @returns where the first line after an offset begins, or the end */
async function nextLine(handle: OpenFile, offset: number, end: number): Promise<number> {
  for (let position = offset; position < end; position += CHUNK_BYTES) {
    const chunk = await readUpTo(handle, position, Math.min(CHUNK_BYTES, end - position))
    const lineFeed = chunk.indexOf(LINE_FEED)
    if (lineFeed !== -1) return position + lineFeed + 1
  }
  return end
}
