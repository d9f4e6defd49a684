import type { Stats } from 'node:fs'
import { join } from 'node:path'
import { type FileOperations, statIfPresent } from '../file-operations.ts'
import { parseSegmentName, type SegmentName } from '../reading/segment-name.ts'
import { TORN_MARK } from '../tail-repair.ts'
import { PARTIAL } from './compress.ts'
import { rotatedAt } from './rotated-name.ts'

/** A file next to a log file, with content that was once in it. */
export interface OldFile {
  readonly name: string
  readonly path: string
  readonly bytes: number
  /** Nothing in the file is newer, in milliseconds since the epoch. */
  readonly lastWritten: number
  /** Whether the store gave it its name, and it is not compressed. Names of other programs may change at any time. */
  readonly canBeCompressed: boolean
}

/** Lists what rotations, repairs and interrupted compressions left of a log file. @throws the operating system's error */
export async function listOldFiles(operations: FileOperations, directory: string, base: string): Promise<OldFile[]> {
  const found: OldFile[] = []
  for (const name of await operations.readdir(directory)) {
    const segment = parseSegmentName(base, name.endsWith(PARTIAL) ? name.slice(0, -PARTIAL.length) : name)
    const isOld = segment ? !segment.isCurrent : name.startsWith(`${base}${TORN_MARK}`)
    const path = join(directory, name)
    const stats = isOld ? await statIfPresent(operations, path) : undefined
    if (stats?.isFile()) found.push(describe(name, path, stats, segment))
  }
  return found
}

function describe(name: string, path: string, { size, mtimeMs }: Stats, segment: SegmentName | undefined): OldFile {
  // A copy or a restored backup may have a newer time; its name still has the old one.
  const stamp = segment && rotatedAt(segment)
  return {
    name,
    path,
    bytes: size,
    lastWritten: Math.min(mtimeMs, stamp ?? mtimeMs),
    canBeCompressed: stamp !== undefined && segment?.name === name && !segment.isCompressed,
  }
}
