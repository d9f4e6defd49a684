/** The record was refused: it is not stored, unless `mayBeStored` says that nobody can tell. */
export class EventLogUnavailable extends Error {
  override readonly name = 'EventLogUnavailable'
  readonly mayBeStored: boolean

  constructor(message: string, options: ErrorOptions & { mayBeStored?: boolean } = {}) {
    super(message, options)
    this.mayBeStored = options.mayBeStored ?? false
  }
}

/** The event log cannot be opened. The message says why and what to do; it is written for the operator. */
export class EventLogStartError extends Error {
  override readonly name = 'EventLogStartError'
}

/** What happened inside the event log. `fatal` means that the process must end and be started again. */
export interface Incident {
  readonly level: 'info' | 'warn' | 'error' | 'fatal'
  readonly message: string
  readonly file: string
  readonly error?: unknown
}

export type Report = (incident: Incident) => void
