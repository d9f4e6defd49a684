import { LINE_FEED, type Lines } from '../line-format.ts'
import { readBackwards } from '../read-backwards.ts'
import { MisplacedError } from './line-reader.ts'
import type { OpenSegment } from './open-segment.ts'

/** How much of a compressed file is kept in memory. For each such piece it is decompressed from its beginning. */
const PIECE_BYTES = 1 << 23

/**
 * Reads a file backwards, in blocks of whole lines.
 *
 * @param offset where to begin, in uncompressed bytes; at the end by default
 * @param isFinal whether the file no longer grows, so that its last line counts even without a line feed
 * @throws MisplacedError
 */
export function linesBackwards(
  opened: OpenSegment,
  offset: number | undefined,
  isFinal: boolean,
): AsyncGenerator<Lines> {
  return opened.name.isCompressed ? gzipBackwards(opened, offset) : plainBackwards(opened, offset, isFinal)
}

async function* plainBackwards(
  opened: OpenSegment,
  offset: number | undefined,
  isFinal: boolean,
): AsyncGenerator<Lines> {
  const readable = await opened.readableEnd()
  const end = offset ?? readable
  if (end > readable) throw new MisplacedError('the file became shorter')
  let mayBeIncomplete = true
  for await (const { position, bytes } of readBackwards(opened.handle, end)) {
    const isIncomplete = mayBeIncomplete && bytes.at(-1) !== LINE_FEED && !(isFinal && end === readable)
    mayBeIncomplete = false
    if (isIncomplete && offset !== undefined) throw new MisplacedError('the offset is inside a line')
    yield { position, bytes: isIncomplete ? bytes.subarray(0, bytes.lastIndexOf(LINE_FEED) + 1) : bytes }
  }
}

async function* gzipBackwards(opened: OpenSegment, offset: number | undefined): AsyncGenerator<Lines> {
  for (let end = offset ?? Number.POSITIVE_INFINITY; end > 0; ) {
    const piece = await lastPiece(opened, end)
    end = piece[0]?.position ?? 0
    yield* piece.reverse()
  }
}

/** Reads the last blocks before an offset, in their order. */
async function lastPiece(opened: OpenSegment, end: number): Promise<Lines[]> {
  const reader = opened.linesFrom(0)
  const kept: Lines[] = []
  let keptBytes = 0
  try {
    for (let reached = 0; reached < end; ) {
      const block = await reader.next(end, true)
      if (!block) {
        if (end === Number.POSITIVE_INFINITY) break
        throw new MisplacedError('the file is shorter')
      }
      reached = block.position + block.bytes.length
      kept.push(cutAt(end, block))
      keptBytes += block.bytes.length
      for (let [oldest] = kept; oldest && keptBytes - oldest.bytes.length >= PIECE_BYTES; [oldest] = kept) {
        keptBytes -= oldest.bytes.length
        kept.shift()
      }
    }
  } finally {
    await reader.close()
  }
  return kept
}

function cutAt(end: number, { position, bytes }: Lines): Lines {
  if (position + bytes.length <= end) return { position, bytes }
  const cut = bytes.subarray(0, end - position)
  if (cut.at(-1) !== LINE_FEED) throw new MisplacedError('the offset is inside a line')
  return { position, bytes: cut }
}
