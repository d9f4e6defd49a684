/** The name of a log file, or of one that a rotation made of it. */
export interface SegmentName {
  readonly name: string
  readonly isCompressed: boolean
  /** Whether this is the log file itself, the one that records are appended to. */
  readonly isCurrent: boolean
  /** Names with the same style can be compared with each other. */
  readonly style: string
  /** Of two files with the same style, the one with the lower order is older. */
  readonly order: readonly [stamp: string | number, suffix: number]
}

/**
 * Of numbers (`.1`), the higher one is older. Of dates (`-20260329`, `-20260329T033000Z`, `-20260329.1`,
 * `-20260329-1774755000`), the later one is newer. `.20260329` is a date, too: nobody keeps ten million files.
 */
const ROTATED = /^(?:\.(?<number>\d{1,7})|(?:-|\.(?=\d{8}))(?<stamp>\d[\dTZ]*)(?:[.-](?<suffix>\d{1,15}))?)$/
export const GZ = '.gz'

/**
 * Recognizes the files that hold what was appended to a log file. Copies (`.bak`), torn lines and temporary
 * files do not count: reading them would repeat entries.
 *
 * @param base the name of the log file
 */
export function parseSegmentName(base: string, name: string): SegmentName | undefined {
  if (!name.startsWith(base)) return undefined
  const isCompressed = name.endsWith(GZ)
  const rest = name.slice(base.length, isCompressed ? -GZ.length : undefined)
  if (rest === '' && !isCompressed) return { name, isCompressed, isCurrent: true, style: 'current', order: [0, 0] }
  const { number, stamp, suffix } = ROTATED.exec(rest || '.0')?.groups ?? {}
  const file = { name, isCompressed, isCurrent: false }
  if (number !== undefined) return { ...file, style: 'numbered', order: [-Number(number), 0] }
  if (stamp === undefined) return undefined
  // Stamps of another length are in another format.
  return { ...file, style: `dated-${stamp.length}`, order: [stamp, Number(suffix ?? -1)] }
}

/** Compares the ages of two files of the same style: negative if the left one is older. */
export function compareAge(
  { order: [left, leftSuffix] }: SegmentName,
  { order: [right, suffix] }: SegmentName,
): number {
  if (left === right) return leftSuffix - suffix
  return left < right ? -1 : 1
}
