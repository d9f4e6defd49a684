import { EventEmitter } from 'node:events'

interface HandledEvent {
  readonly requestId: string
  /** The event's `event_type`. */
  readonly type: string
  readonly id: string
  /** What the bot was told to do: `override_response`, `skip` or `none`. */
  readonly action: string
  /** The names of the rules that applied. */
  readonly rules: readonly string[]
  /** From the request's head to its answer, in milliseconds. */
  readonly durationMs: number
}

interface RejectedRequest {
  /** Absent if it was rejected before it could be parsed. */
  readonly requestId?: string
  readonly clientIp?: string
  readonly status: number
  /** The `error` of the answer. */
  readonly error: string
  /** Why, for the operator. The sender does not see it. */
  readonly reason: string
  readonly cause?: unknown
}

interface StoreFailure {
  /** The name of the log file. */
  readonly file: string
  readonly error: unknown
}

/**
 * Everything that can happen while the service runs. The service's log and its metrics subscribe to it; what emits
 * knows neither. Names of files are without their directory.
 */
export interface TelemetryMap {
  /** An event was stored and is about to be answered. */
  eventStored: [HandledEvent]
  /** An event that had been stored before was delivered again. */
  eventReplayed: [HandledEvent]
  /** A request got any other answer than 200. */
  requestRejected: [RejectedRequest]
  /** A client closed its connection before its request was complete. */
  requestAborted: [{ readonly requestId: string; readonly clientIp: string }]
  /** A connection was closed at once, because there were too many. */
  connectionRejected: []

  /** Lines were written to a log file and synced. */
  batchWritten: [{ readonly file: string; readonly lines: number; readonly bytes: number; readonly durationMs: number }]
  /** A log file was deleted while it was in use. */
  logFileRemoved: [{ readonly file: string }]
  /** The disk has not responded for some time, and appends are rejected. */
  diskStalled: [{ readonly file: string; readonly afterMs: number }]
  /** The stalled disk responds again. */
  diskResumed: [{ readonly file: string; readonly stalledMs: number }]
  /** The first append that failed. Nothing is emitted for those that fail after it. */
  storingFailed: [StoreFailure]
  /** Appends succeed again. */
  storingRecovered: [{ readonly file: string; readonly failedMs: number }]
  /** Nothing can be stored safely any more: the process must exit and be restarted. */
  storeBroken: [StoreFailure]
  /** At startup, what is not a complete record was moved to a file of its own. */
  tornLinesMoved: [{ readonly file: string; readonly bytes: number; readonly movedTo: string }]
  /** At startup, a file of older events could not be read, so their redeliveries will not be recognized. */
  recentEventsUnreadable: [StoreFailure]
  /** The log directory cannot be locked, so nothing prevents a second receiver from writing there. */
  lockUnsupported: [StoreFailure]
  /** Another receiver has taken over the log directory: the process must exit. */
  lockLost: [{ readonly file: string }]

  /** Project names cannot be read from the database. Repeated from time to time while that lasts. */
  databaseUnreachable: [{ readonly reason: string }]
  databaseRecovered: [{ readonly unreachableMs: number }]
  projectNameTooLong: [{ readonly botId: string; readonly maxLength: number }]

  /** The reply rules of a file apply, from startup on or after it changed. */
  rulesLoaded: [{ readonly file: string; readonly isReload: boolean }]
  /** A changed file of reply rules is invalid, so the previous rules stay in force. */
  rulesRejected: [{ readonly message: string }]
  /** Something in the file is valid but probably a mistake. */
  rulesDoubtful: [{ readonly warning: string }]
}

export type Telemetry = EventEmitter<TelemetryMap>

export function createTelemetry(): Telemetry {
  return new EventEmitter()
}
