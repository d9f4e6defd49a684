import { PositionGoneError } from '../../event-reader.ts'
import type { Identity } from '../line-format.ts'
import { formatPosition, isSameRecord } from './position.ts'
import type { Segment } from './segment.ts'

/** @returns the index of the file that begins with the same record, or -1 */
export function indexOfFile(list: readonly Segment[], first: Identity): number {
  return list.findIndex((segment) => segment.first && isSameRecord(segment.first, first))
}

/**
 * Reports that a file was deleted.
 *
 * @param from when its first record was received
 * @param list the files that remain
 */
export function positionGone(kind: string, from: number, list: readonly Segment[]): PositionGoneError {
  const next = list.find(({ first }) => first && first.receivedAt >= from)?.first
  const resumeAt = next && formatPosition({ first: next, offset: 0 })
  return new PositionGoneError({ kind, from, until: next?.receivedAt, resumeAt })
}

/** Reports that a file was cut and a position in it is meaningless. Continuing from its beginning repeats entries. */
export function positionCut(kind: string, first: Identity, cause: unknown): PositionGoneError {
  const resumeAt = formatPosition({ first, offset: 0 })
  return new PositionGoneError({ kind, from: first.receivedAt, until: undefined, resumeAt }, { cause })
}
