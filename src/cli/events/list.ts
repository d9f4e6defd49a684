import {
  type Cursor,
  DISORDER_MS,
  type EventReader,
  PositionGoneError,
  type StoredEntry,
} from '../../event-store/event-reader.ts'
import type { RecordKind } from '../../handlers/handler.ts'
import { printError } from '../output.ts'
import { cursorAfterGap } from './gap.ts'
import type { Query } from './query.ts'

type Reader = EventReader<RecordKind>

const PAGE = 1000

/**
 * Shows the entries that match, oldest first; with a limit, the newest of them.
 *
 * @param onRead called for each entry that is looked at
 * @returns whether everything could be read; false if files were deleted in the meantime, which is reported
 */
export async function listEvents(
  reader: Reader,
  query: Query,
  {
    show,
    onRead,
    signal,
  }: { show: (entry: StoredEntry) => void; onRead: (entry: StoredEntry) => void; signal: AbortSignal },
): Promise<boolean> {
  if (query.limit < Number.POSITIVE_INFINITY) {
    const { entries, isComplete } = await newest(reader, query, onRead, signal)
    for (const entry of entries.reverse()) show(entry)
    return isComplete
  }
  const { kinds, since, until = Number.POSITIVE_INFINITY } = query
  let after: Cursor<RecordKind> = {}
  let isComplete = true
  for (;;) {
    try {
      for await (const { entry, cursor } of reader.scan({ kinds, since, after, signal })) {
        after = cursor
        onRead(entry)
        if (query.matches(entry)) show(entry)
        if (signal.aborted || entry.receivedAt > until + DISORDER_MS) break
      }
      return isComplete
    } catch (error) {
      if (!(error instanceof PositionGoneError)) throw error
      printError(error.message)
      isComplete = false
      after = await cursorAfterGap(reader, after, error.gap)
    }
  }
}

/** @returns the entries, newest first */
async function newest(reader: Reader, query: Query, onRead: (entry: StoredEntry) => void, signal: AbortSignal) {
  const { kinds, since = -Infinity, limit } = query
  const found: StoredEntry[] = []
  let before: Cursor<RecordKind> = {}
  try {
    for (;;) {
      const { entries, cursor } = await reader.read({ before, kinds, limit: PAGE, signal })
      before = cursor
      for (const entry of entries) {
        onRead(entry)
        if (query.matches(entry)) found.push(entry)
        if (found.length === limit) return { entries: found, isComplete: true }
      }
      const oldest = entries.at(-1)
      if (!oldest || oldest.receivedAt + DISORDER_MS < since || signal.aborted)
        return { entries: found, isComplete: true }
    }
  } catch (error) {
    // What is deleted while it is read backwards is the oldest, so there is nothing beyond it.
    if (!(error instanceof PositionGoneError)) throw error
    printError(error.message)
    return { entries: found, isComplete: false }
  }
}
