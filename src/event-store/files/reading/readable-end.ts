import type { ReportCommittedEnd } from '../committed-end.ts'
import type { OpenFile } from '../file-operations.ts'

/** How far a file may be read, in bytes on disk. */
export async function readableEnd(handle: OpenFile, report: ReportCommittedEnd): Promise<number> {
  // The size must come first: what a file held before the appender opened or left it is committed or rolled back by now.
  const { dev, ino, size } = await handle.stat()
  const committed = report()
  return dev === committed?.dev && ino === committed.ino ? Math.min(size, committed.end) : size
}
