import type { OpenFile } from '../file-operations.ts'

/** The file that an appender has open, and how much of it can no longer be rolled back. */
export interface CommittedEnd {
  readonly dev: number
  readonly ino: number
  /** In bytes. Less than the file holds while a write is under way. */
  readonly end: number
}

/** Reports the committed end of a log file; undefined if no appender in this process has it open. */
export type ReportCommittedEnd = () => CommittedEnd | undefined

/** How far a file may be read, in bytes on disk. */
export async function readableEnd(handle: OpenFile, report: ReportCommittedEnd): Promise<number> {
  // The size must come first: what a file held before the appender opened or left it is committed or rolled back by now.
  const { dev, ino, size } = await handle.stat()
  const committed = report()
  return dev === committed?.dev && ino === committed.ino ? Math.min(size, committed.end) : size
}
