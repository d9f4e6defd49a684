import type { Cursor, EventReader, Gap } from '../../event-store/event-reader.ts'

/** @returns where to go on reading after entries were deleted */
export async function cursorAfterGap<Kind extends string>(
  reader: EventReader<Kind>,
  cursor: Cursor<Kind>,
  { kind, resumeAt }: Gap,
): Promise<Cursor<Kind>> {
  return { ...cursor, [kind]: resumeAt ?? (await reader.end())[kind as Kind] }
}
