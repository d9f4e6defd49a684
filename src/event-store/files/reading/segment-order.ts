import type { Segment } from './segment.ts'
import { compareAge } from './segment-name.ts'

/**
 * Keeps one of the files that begin with the same record, such as a file and its compressed form, or a copy: the
 * current file if it is among them, or else the longest uncompressed one.
 */
export function withoutCopies(segments: readonly Segment[]): Segment[] {
  const names = new Set(segments.map(({ name }) => name.name))
  const seen = new Set<string>()
  return [...segments].sort(comparePreference).filter((segment) => {
    const { name, first } = segment
    // A compressed form that is still being written may be too short to read.
    if (!first) return !(name.isCompressed && names.has(name.name.slice(0, -'.gz'.length)))
    const key = `${first.id}@${first.receivedAt}`
    const isCopy = seen.has(key)
    seen.add(key)
    return !isCopy
  })
}

function comparePreference({ name: left, size: leftSize }: Segment, { name: right, size: rightSize }: Segment): number {
  return (
    Number(right.isCurrent) - Number(left.isCurrent) ||
    Number(left.isCompressed) - Number(right.isCompressed) ||
    rightSize - leftSize
  )
}

/**
 * Puts files in order, oldest first. Their names say which of two numbers or dates is older. Between a number and a
 * date, where a directory has both, the time of the first record does.
 */
export function inOrder(segments: readonly Segment[]): Segment[] {
  const chains = new Map<string, Segment[]>()
  for (const segment of segments) {
    const { style } = segment.name
    chains.set(style, [...(chains.get(style) ?? []), segment])
  }
  const current = chains.get('current') ?? []
  chains.delete('current')
  const rotated = [...chains.values()].flatMap((chain) =>
    withTimes(chain.sort((left, right) => compareAge(left.name, right.name))),
  )
  // A stable sort, and times that never decrease within a chain: each chain keeps its order.
  rotated.sort((left, right) => left.time - right.time)
  return [...rotated.map(({ segment }) => segment), ...current]
}

/** Gives each file a time no earlier than that of the file before it, also if it cannot be read. */
function withTimes(chain: readonly Segment[]): { segment: Segment; time: number }[] {
  let time = 0
  return chain.map((segment) => {
    time = Math.max(time, segment.first?.receivedAt ?? 0)
    return { segment, time }
  })
}
