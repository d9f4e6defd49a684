/** Merges the entries of several kinds: those of one kind keep their order, and the times they were received decide between kinds. */
import type { Cursor, Page, ScannedEntry, StoredEntry } from '../event-reader.ts'
import type { EntrySource } from './entry-source.ts'

type Direction = 'forwards' | 'backwards'

/**
 * Reads on until every source has been at its end.
 *
 * @param base positions of kinds that are not read
 */
export async function* scanSources<Kind extends string>(
  sources: readonly EntrySource<Kind>[],
  base: Cursor<Kind>,
  signal?: AbortSignal,
): AsyncGenerator<ScannedEntry<Kind>> {
  const remaining = new Set(sources)
  let cursor = cursorOf(sources, base)
  for (;;) {
    signal?.throwIfAborted()
    const next = await takeNext(remaining, 'forwards')
    if (!next) return
    const { source, entry } = next
    cursor = { ...cursor, [source.kind]: source.position }
    yield { entry, cursor }
  }
}

/** Takes at most so many entries, then closes the sources. */
export async function takePage<Kind extends string>(
  sources: readonly EntrySource<Kind>[],
  direction: Direction,
  base: Cursor<Kind>,
  limit: number,
): Promise<Page<Kind>> {
  try {
    const remaining = new Set(sources)
    const entries: StoredEntry<Kind>[] = []
    // Even for an empty page: only now do sources that read backwards know where the end is.
    for (const source of sources) await source.refill()
    while (entries.length < limit) {
      const next = await takeNext(remaining, direction)
      if (!next) break
      entries.push(next.entry)
    }
    return { entries, cursor: cursorOf(sources, base) }
  } finally {
    await closeAll(sources)
  }
}

export async function closeAll(sources: readonly EntrySource<string>[]): Promise<void> {
  for (const source of sources) await source.close()
}

/** An entry, and the source that it was taken from. */
interface Taken<Kind extends string> {
  readonly source: EntrySource<Kind>
  readonly entry: StoredEntry<Kind>
}

/** @param sources loses those that are at their end */
async function takeNext<Kind extends string>(
  sources: Set<EntrySource<Kind>>,
  direction: Direction,
): Promise<Taken<Kind> | undefined> {
  let next: Taken<Kind> | undefined
  for (const source of sources) {
    if (!source.head) await source.refill()
    const entry = source.head
    if (!entry) sources.delete(source)
    else if (!next || isBefore(entry, next.entry, direction)) next = { source, entry }
  }
  next?.source.advance()
  return next
}

/** Of equal times, one direction takes the first source and the other the last, so that each reverses the other. */
function isBefore(left: StoredEntry, right: StoredEntry, direction: Direction): boolean {
  return direction === 'forwards' ? left.receivedAt < right.receivedAt : left.receivedAt >= right.receivedAt
}

function cursorOf<Kind extends string>(sources: readonly EntrySource<Kind>[], base: Cursor<Kind>): Cursor<Kind> {
  const positions = sources.map(({ kind, position }): [Kind, string] => [kind, position])
  return { ...base, ...(Object.fromEntries(positions) as Cursor<Kind>) }
}
