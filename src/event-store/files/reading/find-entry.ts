import type { StoredEntry } from '../../event-reader.ts'
import { toInertJson } from '../inert-json.ts'
import { type Lines, parseRecord, splitLines } from '../line-format.ts'
import { linesBackwards } from './backward-lines.ts'
import type { OpenSegment } from './open-segment.ts'
import type { Segments } from './segments.ts'

/**
 * Finds the last entry of one kind with an id, reading from the newest file to the oldest.
 *
 * @throws the operating system's error
 */
export async function findEntry<Kind extends string>(
  kind: Kind,
  segments: Segments,
  id: string,
  signal?: AbortSignal,
): Promise<StoredEntry<Kind> | undefined> {
  const list = await segments.list()
  for (const segment of list.toReversed()) {
    // A file that was deleted holds nothing to be found.
    const file = await segments.open(segment)
    if (!file) continue
    try {
      const found = await findInFile(file.opened, id, signal)
      if (found) return { kind, ...found }
    } finally {
      await file.opened.close()
    }
  }
  return undefined
}

type Found = Omit<StoredEntry, 'kind'>

async function findInFile(opened: OpenSegment, id: string, signal?: AbortSignal): Promise<Found | undefined> {
  // Compressed files can only be read forwards.
  const blocks = opened.name.isCompressed
    ? opened.blocks(0, Number.POSITIVE_INFINITY)
    : linesBackwards(opened, undefined, true)
  let last: Found | undefined
  for await (const lines of blocks) {
    signal?.throwIfAborted()
    last = findInBlock(lines, id) ?? last
    if (last && !opened.name.isCompressed) break
  }
  return last
}

/** Searching the bytes first is much faster than parsing every line. */
function findInBlock(lines: Lines, id: string): Found | undefined {
  const needle = toInertJson(id)
  if (!lines.bytes.includes(needle)) return undefined
  for (const { bytes } of splitLines(lines).reverse()) {
    const found = bytes.includes(needle) ? parseRecord(bytes) : undefined
    if (found?.id === id) return found
  }
  return undefined
}
