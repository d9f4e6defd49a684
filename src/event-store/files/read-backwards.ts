import { type OpenFile, readUpTo } from './file-operations.ts'
import { LINE_FEED, type Lines } from './line-format.ts'

const BLOCK_BYTES = 1 << 20

/**
 * Reads a file from the end to the beginning, in blocks of whole lines.
 *
 * @param size the size of the file, in bytes
 * @returns the blocks, starting with the last one of the file, each about 1 MiB or as long as its longest line
 */
export async function* readBackwards(handle: OpenFile, size: number): AsyncGenerator<Lines> {
  let position = size
  let head: Buffer = Buffer.alloc(0)
  while (position > 0) {
    const length = Math.min(BLOCK_BYTES, position)
    position -= length
    const chunk = await readFully(handle, position, length)
    // The first line of a chunk may start before it, so it is kept for the next iteration.
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
  const bytes = await readUpTo(handle, position, length)
  if (bytes.length < length) throw new Error('a log file was truncated while it was being read')
  return bytes
}
