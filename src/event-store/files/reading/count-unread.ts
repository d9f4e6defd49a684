import type { Position } from '../../event-reader.ts'
import { parseIdentity, splitLines } from '../line-format.ts'
import { indexOfFile } from './locate.ts'
import { parsePosition, START } from './position.ts'
import type { Segments } from './segments.ts'

/**
 * Counts the entries of a file that come after a position.
 *
 * @param name the name of the file
 * @throws the operating system's error
 */
export async function countUnread(segments: Segments, name: string, position: Position = START): Promise<number> {
  const list = await segments.list()
  const index = list.findIndex((segment) => segment.name.name === name)
  const segment = list[index]
  // A copy of another file, or one without records: nothing is lost with it.
  if (!segment?.first) return 0
  const place = parsePosition(position)
  const current = place ? indexOfFile(list, place.first) : -1
  if (current > index) return 0
  const file = await segments.open(segment)
  if (!file) return 0
  try {
    const offset = current === index ? (place?.offset ?? 0) : 0
    let count = 0
    for await (const lines of file.opened.blocks(offset, await file.opened.readableEnd())) {
      count += splitLines(lines).filter(({ bytes }) => parseIdentity(bytes)).length
    }
    return count
  } finally {
    await file.opened.close()
  }
}
