import { EventEmitter } from 'node:events'

interface HandledEvent {
  readonly requestId: string
  /** The event's `event_type`. */
  readonly type: string
  readonly id: string
  /** The action of the reply: `override_response`, `skip` or `none`. */
  readonly action: string
  /** The names of the rules that applied. */
  readonly rules: readonly string[]
  /** From the request's headers to its response, in milliseconds. */
  readonly durationMs: number
}

interface RejectedRequest {
  readonly requestId: string
  /** Absent if it was rejected before it could be parsed, as are the duration and the path. */
  readonly clientIp?: string
  /** Which of the responses in the error contract it got, such as `unauthorized`. */
  readonly kind: string
  readonly status: number
  /** The `error` in the response. */
  readonly error: string
  /** Logged for the operator; never sent to the client. */
  readonly reason: string
  readonly cause?: unknown
  /** From the request's headers to its response, in milliseconds. */
  readonly durationMs?: number
  /** The path that does not exist, on a single printable line. */
  readonly path?: string
}

interface StoreFailure {
  /** The name of the log file. */
  readonly file: string
  readonly error: unknown
}

interface ServiceStart {
  readonly version: string
  readonly nodeVersion: string
  /** Where it will listen, such as `0.0.0.0:3000`. */
  readonly address: string
  /** The path of the webhook. */
  readonly path: string
  /** Where events are stored. */
  readonly store: 'files' | 'postgresql'
  /** Undefined if events are not stored in files. */
  readonly logDir: string | undefined
  readonly fsync: boolean
  readonly trustedProxies: readonly string[]
  /** The number of reply rules. */
  readonly rules: number
}

interface UnreadEntries {
  readonly reader: string
  readonly file: string
  readonly entries: number
}

/**
 * Everything that can happen while the service runs. The service log and the metrics subscribe to it; the emitters know
 * neither. File names come without their directory.
 */
export interface TelemetryMap {
  /** The settings are valid, and the service is about to start. Emitted before anything else. */
  starting: [ServiceStart]
  /** The service cannot start, and the process is about to exit: for invalid settings, another reason, or a bug. */
  startFailed: [{ readonly errors?: readonly string[]; readonly reason?: string; readonly cause?: unknown }]
  /** A setting is valid but probably unintended. */
  settingDoubtful: [{ readonly warning: string }]
  /** The webhook accepts connections at an address, perhaps on a socket that systemd passed. */
  listening: [{ readonly url: string; readonly isInherited: boolean }]
  /** The private listener accepts connections at an address. */
  adminListening: [{ readonly url: string }]
  /** The private listener answered a request with anything but 200. */
  adminRequestRejected: [RejectedRequest]
  /** The private listener closed a new connection immediately, because too many were open. */
  adminConnectionRejected: []
  /** A signal has asked the service to read its files again. */
  reloadStarted: [{ readonly signal: string }]
  /** SIGTERM: `/readyz` announces the shutdown, and requests are still served for this long. */
  drainStarted: [{ readonly signal: string; readonly delayMs: number }]
  /** A signal has asked the process to exit. */
  shutdownStarted: [{ readonly signal: string }]
  /** The shutdown takes too long, and the process is about to be killed. */
  shutdownTimedOut: [{ readonly afterMs: number }]
  /** Everything is closed. The requests are those that were in flight, or arrived, during the shutdown. */
  stopped: [{ readonly finishedRequests: number; readonly abortedRequests: number; readonly uptimeMs: number }]
  /** Nothing handled an error: the process must exit. */
  unexpectedError: [{ readonly error: unknown }]
  /** Lines of the service log could not be written. */
  logLinesDropped: [{ readonly lines: number }]

  /** An event was stored, and the response is about to be sent. */
  eventStored: [HandledEvent]
  /** An event that was stored before was redelivered. */
  eventReplayed: [HandledEvent]
  /** A request was answered with anything but 200. */
  requestRejected: [RejectedRequest]
  /** A request came with an accepted token. Its body has not been read yet. */
  authenticated: [{ readonly token: 'current' | 'previous' }]
  /** How many requests came with each token since this was last emitted. Only while two tokens are accepted. */
  tokensUsed: [{ readonly current: number; readonly previous: number }]
  /** A client closed its connection before its request was complete. */
  requestAborted: [{ readonly requestId: string; readonly clientIp: string }]
  /** A new connection was closed immediately, because too many were open. */
  connectionRejected: []

  /** A client connected, but no TLS session was established. */
  handshakeFailed: [{ readonly clientIp?: string; readonly reason: string }]
  /** A renewed certificate took effect. */
  certificateRenewed: [{ readonly file: string; readonly expires: Date }]
  /** The files of the certificate have changed but cannot be used, so the previous one, which expires, remains in effect. */
  certificateRejected: [{ readonly file: string; readonly reason: string; readonly expires: Date }]
  /** The files that could not be used contain the certificate in effect again. */
  certificateRestored: [{ readonly file: string; readonly expires: Date }]
  /** The certificate expires soon, or has expired. Emitted once per certificate. */
  certificateExpiring: [{ readonly file: string; readonly expires: Date }]

  /** Lines were written to a log file and synced. */
  batchWritten: [{ readonly file: string; readonly lines: number; readonly bytes: number; readonly durationMs: number }]
  /** A log file was deleted while it was in use. */
  logFileRemoved: [{ readonly file: string }]
  /** A log file was moved aside, and the next record begins a new one. */
  logFileRotated: [{ readonly file: string; readonly movedTo: string; readonly bytes: number }]
  /** A log file could not be moved aside. Nothing is emitted for the failures that follow. */
  rotationFailed: [StoreFailure]
  /** A rotated log file was replaced by its compressed form. */
  logFileCompressed: [{ readonly file: string; readonly bytes: number; readonly compressedBytes: number }]
  /** A rotated log file was deleted because of its age. */
  logFileDeleted: [{ readonly file: string; readonly bytes: number }]
  /** A rotated log file could not be compressed or deleted. */
  cleanUpFailed: [StoreFailure]
  /** At startup, a failover of the event database could lose events. */
  failoverUnsafe: [{ readonly warning: string }]
  /** Events were deleted from the database because of their age. */
  entriesDeleted: [{ readonly entries: number }]
  /** Old events, or what is no longer needed to recognize redeliveries, could not be deleted from the database. */
  deletionFailed: [{ readonly error: unknown }]
  /** A log file will be deleted within a day, and a reader has not finished it. */
  deletionAnnounced: [UnreadEntries & { readonly at: Date }]
  /** A log file was deleted before a reader had finished it. */
  unreadEntriesDeleted: [UnreadEntries]
  /** The disk has not responded for some time, and appends are rejected. */
  diskStalled: [{ readonly file: string; readonly afterMs: number }]
  /** The stalled disk responds again. */
  diskResumed: [{ readonly file: string; readonly stalledMs: number }]
  /** Events cannot be stored, as `/readyz` has found. Nothing is emitted for the failures that follow. */
  readinessLost: [{ readonly reason: string; readonly cause: unknown }]
  /** Events can be stored again, as `/readyz` has found. */
  readinessRegained: [{ readonly failedMs: number }]
  /** Appends have started to fail. Nothing is emitted for the failures that follow. */
  storingFailed: [StoreFailure]
  /** Appends succeed again. */
  storingRecovered: [{ readonly file: string; readonly failedMs: number }]
  /** Events can no longer be stored safely: the process must exit and be restarted. */
  storeBroken: [StoreFailure]
  /** At startup, lines that are not complete records were moved to a separate file. */
  tornLinesMoved: [{ readonly file: string; readonly bytes: number; readonly movedTo: string }]
  /** At startup, an older log file could not be read, so redeliveries of its events will not be recognized. */
  recentEventsUnreadable: [StoreFailure]
  /** The log directory cannot be locked, so nothing prevents a second receiver from writing there. */
  lockUnsupported: [StoreFailure]
  /** Another receiver has taken over the log directory: the process must exit. */
  lockLost: [{ readonly file: string }]

  /** Project names cannot be read from the database. Repeated from time to time while that lasts. */
  databaseUnreachable: [{ readonly reason: string }]
  databaseRecovered: [{ readonly unreachableMs: number }]
  projectNameTooLong: [{ readonly botId: string; readonly maxLength: number }]

  /** The token in a changed file is accepted instead of the one that was read from it before. */
  tokenChanged: [{ readonly setting: string; readonly isPreviousAccepted: boolean }]
  /** A changed token file cannot be used, so the token that was read from it before remains in effect. */
  tokenRejected: [{ readonly message: string }]

  /** The reply rules of a file took effect, at startup or after the file changed. `rules` names all rules in effect. */
  rulesLoaded: [{ readonly file: string; readonly isReload: boolean; readonly rules: readonly string[] }]
  /** A changed file of reply rules is invalid, so the previous rules remain in effect. */
  rulesRejected: [{ readonly message: string }]
  /** Something in the file is valid but probably a mistake. */
  rulesDoubtful: [{ readonly warning: string }]
}

export type Telemetry = EventEmitter<TelemetryMap>

export function createTelemetry(): Telemetry {
  return new EventEmitter()
}
