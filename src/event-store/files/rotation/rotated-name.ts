import { compareAge, parseSegmentName, type SegmentName } from '../reading/segment-name.ts'

/** Names such as `tickets.jsonl-20261124T000000Z`, which this service gives to the files that it rotates. */
const STYLE = 'dated-16'

/**
 * Chooses the name under which a log file is kept. It sorts after those of earlier rotations, even if the clock was set
 * back or the last rotation was in the same second.
 *
 * @param base the name of the log file
 * @param names what the directory contains
 * @param now in milliseconds since the epoch
 */
export function nextRotatedName(base: string, names: readonly string[], now: number): string {
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
  const rotated = names.flatMap((name) => parseSegmentName(base, name) ?? []).filter(({ style }) => style === STYLE)
  const [latest, suffix] = rotated.sort(compareAge).at(-1)?.order ?? []
  if (latest === undefined || suffix === undefined || latest < stamp) return `${base}-${stamp}`
  return `${base}-${latest}.${Math.max(suffix, 0) + 1}`
}

const STAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/

/** @returns the time in a name that this service gave, in milliseconds since the epoch; undefined for other names */
export function rotatedAt({ style, order: [stamp] }: SegmentName): number | undefined {
  const time = style === STYLE ? Date.parse(String(stamp).replace(STAMP, '$1-$2-$3T$4:$5:$6Z')) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
