import type { OpenFile } from './file-operations.ts'
import { LINE_FEED, type Lines } from './line-format.ts'

const BLOCK_BYTES = 1 << 20

/**
 * Reads a file from its end to its beginning, in blocks of whole lines.
 *
 * @param size where to begin, in bytes: the file's size
 * @returns the blocks, the last one of the file first; each of about a MiB, or as long as its longest line
 */
export async function* readBackwards(handle: OpenFile, size: number): AsyncGenerator<Lines> {
  let position = size
  let head: Buffer = Buffer.alloc(0)
  while (position > 0) {
    const length = Math.min(BLOCK_BYTES, position)
    position -= length
    const chunk = await readFully(handle, position, length)
    // The first line of a chunk may begin before it: it is kept for the next round.
    const firstLineEnd = position === 0 ? -1 : chunk.indexOf(LINE_FEED)
    if (position > 0 && firstLineEnd === -1) {
      head = Buffer.concat([chunk, head])
      continue
    }
    const start = firstLineEnd + 1
    const bytes = head.length === 0 ? chunk.subarray(start) : Buffer.concat([chunk.subarray(start), head])
    head = chunk.subarray(0, start)
    if (bytes.length > 0) yield { position: position + start, bytes }
  }
}

async function readFully(handle: OpenFile, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled)
    if (bytesRead === 0) throw new Error('a log file became shorter while it was read')
    filled += bytesRead
  }
  return bytes
}
