import type { Telemetry, TelemetryMap } from '../telemetry.ts'

type Level = 'info' | 'warn' | 'error' | 'fatal'
/** The part of a pino logger that is used here. */
type Logger = Readonly<Record<Level, (fields: object, message: string) => void>>
type Line = readonly [level: Level, message: string, fields: object]
type Name = keyof TelemetryMap
type Lines = { readonly [N in Name]: ((...payload: TelemetryMap[N]) => Line) | undefined }

/** The log line for each telemetry event; undefined for an event that is not logged. */
const lines: Lines = {
  eventStored: (event) => ['info', 'event stored', eventFields(event)],
  eventReplayed: (event) => ['info', 'redelivered event answered: it is already stored', eventFields(event)],
  requestRejected: ({ requestId, clientIp, status, error, reason, path, cause }) => [
    status >= 500 ? 'error' : 'warn',
    'request rejected',
    { reqId: requestId, status, error, reason, path, client_ip: clientIp, err: cause },
  ],
  requestAborted: ({ requestId, clientIp }) => [
    'info',
    'the client disconnected before its request was complete',
    { reqId: requestId, client_ip: clientIp },
  ],
  connectionRejected: () => ['warn', 'connection rejected: too many connections are open', {}],

  batchWritten: undefined,
  logFileRemoved: ({ file }) => ['warn', 'a log file was deleted while in use: creating it again', { file }],
  logFileRotated: ({ file, movedTo, bytes }) => ['info', `log file moved to ${movedTo}`, { file, bytes }],
  rotationFailed: ({ file, error }) => [
    'error',
    'cannot rotate a log file: events are stored in it until that works. Check the permissions of LOG_DIR, and that ' +
      'its file system supports hard links',
    { file, err: error },
  ],
  logFileCompressed: ({ file, bytes, compressedBytes }) => [
    'info',
    'log file compressed',
    { file, bytes, compressed_bytes: compressedBytes },
  ],
  logFileDeleted: ({ file, bytes }) => ['info', 'log file deleted, as LOG_KEEP_DAYS demands', { file, bytes }],
  cleanUpFailed: ({ file, error }) => [
    'error',
    'cannot compress or delete a rotated log file, will try again in an hour: check its permissions and the free space',
    { file, err: error },
  ],
  deletionAnnounced: ({ reader, file, entries, at }) => [
    'warn',
    `${reader} has not read ${entries} entries of a log file that will be deleted at ${at.toISOString()}: ` +
      'find out why it is behind, or raise LOG_KEEP_DAYS',
    { reader, file, entries },
  ],
  unreadEntriesDeleted: ({ reader, file, entries }) => [
    'error',
    `${reader} has lost ${entries} entries: they were deleted before it read them, as LOG_KEEP_DAYS demands`,
    { reader, file, entries },
  ],
  diskStalled: ({ file, afterMs }) => [
    'error',
    `the disk has not responded for ${afterMs / 1000} s: rejecting events until it does`,
    { file },
  ],
  diskResumed: ({ file, stalledMs }) => [
    'warn',
    'the disk is responding again',
    { file, stalled_ms: Math.round(stalledMs) },
  ],
  storingFailed: ({ file, error }) => [
    'error',
    'cannot store events: rejecting them until a write succeeds',
    { file, err: error },
  ],
  storingRecovered: ({ file, failedMs }) => ['info', 'storing events again', { file, failed_ms: Math.round(failedMs) }],
  readinessLost: ({ reason, cause }) => ['error', 'not ready: events cannot be stored', { reason, err: cause }],
  readinessRegained: ({ failedMs }) => ['info', 'ready again', { failed_ms: Math.round(failedMs) }],
  storeBroken: ({ file, error }) => [
    'fatal',
    'events can no longer be stored safely: the service is shutting down and must be restarted',
    { file, err: error },
  ],
  tornLinesMoved: ({ file, bytes, movedTo }) => [
    'warn',
    `moved ${bytes} bytes that are not a complete record (left by a crash or another program) to ${movedTo}: ` +
      'no record was changed',
    { file },
  ],
  recentEventsUnreadable: ({ file, error }) => [
    'warn',
    'cannot read an older log file, so redeliveries of its events will be stored again: check its permissions',
    { file, err: error },
  ],
  lockUnsupported: ({ file, error }) => [
    'warn',
    'cannot lock LOG_DIR, because its file system does not support Unix sockets: ' +
      'make sure that no other receiver writes to it',
    { file, err: error },
  ],
  lockLost: ({ file }) => [
    'fatal',
    'another receiver has taken over LOG_DIR: this one is shutting down, so that only one writes to it',
    { file },
  ],

  databaseUnreachable: ({ reason }) => [
    'error',
    'cannot read project names from the database, so tickets are stored with "Unknown Project": ' +
      "check that it is running, accepts this service's login and lets it read the tables bots and projects",
    { reason },
  ],
  databaseRecovered: ({ unreachableMs }) => [
    'info',
    'project names can be read from the database again',
    { unreachable_ms: Math.round(unreachableMs) },
  ],
  projectNameTooLong: ({ botId, maxLength }) => [
    'warn',
    `the project name of bot ${botId} is longer than ${maxLength} characters, ` +
      'so its tickets are stored with "Unknown Project": shorten the name in the database',
    {},
  ],

  rulesLoaded: ({ file, isReload }) => [
    'info',
    isReload ? `${file} has changed: reloaded its reply rules` : `loaded the reply rules from ${file}`,
    {},
  ],
  rulesRejected: ({ message }) => ['error', `${message}\nThe previous rules remain in effect.`, {}],
  rulesDoubtful: ({ warning }) => ['warn', warning, {}],
}

/** Logs every telemetry event that has a line. */
export function logTelemetry(telemetry: Telemetry, logger: Logger): void {
  const entries = Object.entries(lines) as [Name, ((...payload: unknown[]) => Line) | undefined][]
  for (const [name, toLine] of entries) {
    if (!toLine) continue
    telemetry.on(name, (...payload: unknown[]) => {
      const [level, message, fields] = toLine(...payload)
      logger[level](fields, message)
    })
  }
}

function eventFields({ requestId, type, id, action, rules, durationMs }: TelemetryMap['eventStored'][0]): object {
  const duration_ms = Math.round(durationMs * 100) / 100
  return { reqId: requestId, event_type: type, event_id: id, action, rules, duration_ms }
}
