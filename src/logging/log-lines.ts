import type { TelemetryMap } from '../telemetry.ts'

export type Level = 'info' | 'warn' | 'error' | 'fatal'
export type Line = readonly [level: Level, message: string, fields: object]
export type LogLines = { readonly [N in keyof TelemetryMap]: ((...payload: TelemetryMap[N]) => Line) | undefined }

/**
 * The line of the service log for each telemetry event; undefined for an event that is not logged. A message is constant,
 * so that it can be searched for and counted; anything that varies is a field.
 */
export const logLines: LogLines = {
  starting: (start) => [
    'info',
    'starting',
    {
      version: start.version,
      node_version: start.nodeVersion,
      address: start.address,
      path: start.path,
      store: start.store,
      log_dir: start.logDir,
      fsync: start.fsync,
      trusted_proxies: start.trustedProxies,
      rules: start.rules,
    },
  ],
  startFailed: ({ errors, reason, cause }) => [
    'fatal',
    errors ? 'cannot start: the settings are invalid' : 'cannot start',
    { errors, reason, err: cause },
  ],
  settingDoubtful: ({ warning }) => ['warn', 'a setting is valid but probably unintended', { warning }],
  listening: ({ url, isInherited }) => [
    'info',
    isInherited ? 'listening on the socket that systemd passed: HOST and PORT are not used' : 'listening',
    { url },
  ],
  adminListening: ({ url }) => ['info', 'private listener: listening', { url }],
  adminRequestRejected: (request) => [levelOf(request), 'private listener: request rejected', rejectionFields(request)],
  adminConnectionRejected: () => ['warn', 'private listener: connection rejected: too many connections are open', {}],
  reloadStarted: ({ signal }) => [
    'info',
    'reloading the files of tokens, reply rules and the certificate: other settings need a restart',
    { signal },
  ],
  drainStarted: ({ signal, delayMs }) => [
    'info',
    'draining: serving requests for SHUTDOWN_DELAY_SECONDS, while /readyz reports not ready',
    { signal, delay_ms: delayMs },
  ],
  shutdownStarted: ({ signal }) => ['info', 'shutting down: finishing in-flight requests', { signal }],
  shutdownTimedOut: ({ afterMs }) => [
    'fatal',
    'not everything could be finished: killing the process',
    { after_ms: afterMs },
  ],
  stopped: ({ finishedRequests, abortedRequests, uptimeMs }) => [
    abortedRequests > 0 ? 'warn' : 'info',
    'stopped',
    {
      finished_requests: finishedRequests,
      aborted_requests: abortedRequests,
      uptime_seconds: Math.round(uptimeMs / 1000),
    },
  ],
  unexpectedError: ({ error }) => ['fatal', 'unexpected error: shutting down', { err: error }],
  logLinesDropped: ({ lines }) => [
    'warn',
    'stdout was not read fast enough: lines of this log were dropped',
    { dropped: lines },
  ],

  eventStored: (event) => ['info', 'event stored', eventFields(event)],
  eventReplayed: (event) => ['info', 'redelivered event answered: it is already stored', eventFields(event)],
  requestRejected: (request) => [levelOf(request), 'request rejected', rejectionFields(request)],
  authenticated: undefined,
  tokensUsed: ({ current, previous }) => [
    'info',
    previous > 0 ? 'some requests still use the previous token' : 'all requests use the current token',
    { current, previous },
  ],
  requestAborted: ({ requestId, clientIp }) => [
    'info',
    'the client disconnected before its request was complete',
    { reqId: requestId, client_ip: clientIp },
  ],
  connectionRejected: () => ['warn', 'connection rejected: too many connections are open', {}],

  handshakeFailed: ({ clientIp, reason }) => ['warn', 'TLS handshake failed', { reason, client_ip: clientIp }],
  certificateRenewed: ({ file, expires }) => [
    'info',
    'certificate renewed: it is used for new connections',
    { file, expires: expires.toISOString() },
  ],
  certificateRejected: ({ file, reason, expires }) => [
    'error',
    'cannot use the changed certificate or key: the previous certificate remains in effect',
    { file, reason, expires: expires.toISOString() },
  ],
  certificateRestored: ({ file, expires }) => [
    'info',
    'certificate files restored: they match the certificate in use again',
    { file, expires: expires.toISOString() },
  ],
  certificateExpiring: ({ file, expires }) => [
    'warn',
    'the certificate has expired or expires soon: renew it. The new file is applied without a restart',
    { file, expires: expires.toISOString() },
  ],

  batchWritten: undefined,
  logFileRemoved: ({ file }) => ['warn', 'a log file was deleted while in use: creating it again', { file }],
  logFileRotated: ({ file, movedTo, bytes }) => ['info', 'log file rotated', { file, moved_to: movedTo, bytes }],
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
  logFileDeleted: ({ file, bytes }) => ['info', 'log file deleted: it is older than LOG_KEEP_DAYS', { file, bytes }],
  cleanUpFailed: ({ file, error }) => [
    'error',
    'cannot compress or delete a rotated log file, will try again in an hour: check its permissions and the free space',
    { file, err: error },
  ],
  failoverUnsafe: ({ warning }) => ['warn', 'a failover of the event database could lose events', { warning }],
  entriesDeleted: ({ entries }) => [
    'info',
    'events deleted from the database: they are older than LOG_KEEP_DAYS',
    { entries },
  ],
  deletionFailed: ({ error }) => [
    'error',
    'cannot delete what is old from the event database, will try again in an hour: check that the database is reachable',
    { err: error },
  ],
  deletionAnnounced: ({ reader, file, entries, at }) => [
    'warn',
    'a log file will be deleted before its reader has finished it: find out why it is behind, or raise LOG_KEEP_DAYS',
    { reader, file, entries, deletion_at: at.toISOString() },
  ],
  unreadEntriesDeleted: ({ reader, file, entries }) => [
    'error',
    'entries were lost to a reader: their log file became older than LOG_KEEP_DAYS before it had read them',
    { reader, file, entries },
  ],
  diskStalled: ({ file, afterMs }) => [
    'error',
    'the disk is not responding: rejecting events until it does',
    { file, after_ms: afterMs },
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
    'moved bytes that are not a complete record (left by a crash or another program) to another file: ' +
      'no record was changed',
    { file, bytes, moved_to: movedTo },
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
    'a project name is too long, so tickets of its bot are stored with "Unknown Project": shorten it in the database',
    { bot_id: botId, max_length: maxLength },
  ],

  tokenChanged: ({ setting, isPreviousAccepted }) => [
    'info',
    isPreviousAccepted
      ? 'token reloaded: the current and the previous token are accepted'
      : 'token reloaded: only the current token is accepted',
    { setting },
  ],
  tokenRejected: ({ message }) => [
    'error',
    'a changed token file cannot be used: the token that was read before remains in effect',
    { reason: message },
  ],

  rulesLoaded: ({ file, isReload, rules }) => [
    'info',
    isReload ? 'reply rules reloaded: their file has changed' : 'reply rules loaded',
    { file, rules: rules.length },
  ],
  rulesRejected: ({ message }) => [
    'error',
    'the changed reply rules are invalid: the previous ones remain in effect',
    { reason: message },
  ],
  rulesDoubtful: ({ warning }) => ['warn', 'a reply rule is valid but probably unintended', { warning }],
}

function eventFields({ requestId, type, id, action, rules, durationMs }: TelemetryMap['eventStored'][0]): object {
  const duration_ms = Math.round(durationMs * 100) / 100
  return { reqId: requestId, event_type: type, event_id: id, action, rules, duration_ms }
}

type Rejection = TelemetryMap['requestRejected'][0]

function levelOf({ status }: Rejection): Level {
  return status >= 500 ? 'error' : 'warn'
}

function rejectionFields({ requestId, clientIp, status, error, reason, path, cause }: Rejection): object {
  return { reqId: requestId, status, error, reason, path, client_ip: clientIp, err: cause }
}
