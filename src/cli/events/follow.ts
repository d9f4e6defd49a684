import { type EventReader, PositionGoneError, type StoredEntry } from '../../event-store/event-reader.ts'
import type { RecordKind } from '../../handlers/handler.ts'
import { printError } from '../output.ts'
import { cursorAfterGap } from './gap.ts'
import type { Query } from './query.ts'

/** Shows the entries that match as they are stored, and those since a time if the query has one. Ends with the signal. */
export async function followEvents(
  reader: EventReader<RecordKind>,
  query: Query,
  { show, signal }: { show: (entry: StoredEntry) => void; signal: AbortSignal },
): Promise<void> {
  const { kinds, since, limit } = query
  let after = since === undefined ? await reader.end({ kinds }) : {}
  let shown = 0
  while (!signal.aborted) {
    try {
      for await (const { entry, cursor } of reader.follow({ kinds, after, since, signal })) {
        after = cursor
        if (!query.matches(entry)) continue
        show(entry)
        if (++shown >= limit) return
      }
    } catch (error) {
      if (!(error instanceof PositionGoneError)) throw error
      printError(error.message)
      after = await cursorAfterGap(reader, after, error.gap)
    }
  }
}
