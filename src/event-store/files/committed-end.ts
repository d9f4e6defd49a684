/** The file that an appender has open, and how much of it can no longer be rolled back. */
export interface CommittedEnd {
  readonly dev: number
  readonly ino: number
  /** In bytes. Less than the file holds while a write is under way. */
  readonly end: number
}

/** Reports the committed end of a log file; undefined if no appender in this process has it open. */
export type ReportCommittedEnd = () => CommittedEnd | undefined
