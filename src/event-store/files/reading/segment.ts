import type { Identity } from '../line-format.ts'
import type { SegmentName } from './segment-name.ts'

/** A log file of one kind, current or rotated, as it was found in the directory. */
export interface Segment {
  readonly name: SegmentName
  /** In bytes on disk. */
  readonly size: number
  /** Identifies the file; undefined if it cannot be read. */
  readonly first: Identity | undefined
  /** Why it cannot be read. Only a reader that comes to this file needs to know. */
  readonly error?: unknown
}
