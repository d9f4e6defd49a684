import type { Telemetry, TelemetryMap } from '../telemetry.ts'

type Level = 'info' | 'warn' | 'error' | 'fatal'
/** What is used of a pino logger. */
type Logger = Readonly<Record<Level, (fields: object, message: string) => void>>
type Line = readonly [level: Level, message: string, fields: object]
type Name = keyof TelemetryMap
type Lines = { readonly [N in Name]: ((...payload: TelemetryMap[N]) => Line) | undefined }

/** The line for each thing that can happen; undefined for what is only measured. */
const lines: Lines = {
  eventStored: (event) => ['info', 'event stored', eventFields(event)],
  eventReplayed: (event) => ['info', 'event delivered again: answered, not stored twice', eventFields(event)],
  requestRejected: ({ requestId, clientIp, status, error, reason, cause }) => [
    status >= 500 ? 'error' : 'warn',
    'request refused',
    { reqId: requestId, status, error, reason, client_ip: clientIp, err: cause },
  ],
  requestAborted: ({ requestId, clientIp }) => [
    'info',
    'the client went away before its request was complete',
    { reqId: requestId, client_ip: clientIp },
  ],
  connectionRejected: () => ['warn', 'a connection was turned away: there are too many', {}],

  batchWritten: undefined,
  logFileRemoved: ({ file }) => ['warn', 'A log file was removed while the service runs; it is made anew.', { file }],
  diskStalled: ({ file, afterMs }) => [
    'error',
    `The disk has not answered for ${afterMs / 1000} s. Events are refused until it does.`,
    { file },
  ],
  diskResumed: ({ file, stalledMs }) => [
    'warn',
    'The disk answers again.',
    { file, stalled_ms: Math.round(stalledMs) },
  ],
  storingFailed: ({ file, error }) => [
    'error',
    'Events cannot be stored. They are refused until they can.',
    { file, err: error },
  ],
  storingRecovered: ({ file, failedMs }) => [
    'info',
    'Events are stored again.',
    { file, failed_ms: Math.round(failedMs) },
  ],
  storeBroken: ({ file, error }) => [
    'fatal',
    'Events cannot be stored safely any more. The service must be started again.',
    { file, err: error },
  ],
  tornLinesMoved: ({ file, bytes, movedTo }) => [
    'warn',
    `Moved ${bytes} bytes that are not a complete record (left by a crash or another program) to ${movedTo}. ` +
      'No record was changed.',
    { file },
  ],
  recentEventsUnreadable: ({ file, error }) => [
    'warn',
    'This file of older events cannot be read: redeliveries of them would be stored once more.',
    { file, err: error },
  ],
  lockUnsupported: ({ file, error }) => [
    'warn',
    'LOG_DIR cannot be locked: its file system has no sockets. Let no other receiver write there.',
    { file, err: error },
  ],
  lockLost: ({ file }) => [
    'fatal',
    'Another receiver has taken LOG_DIR over. This one ends, so that only one writes there.',
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
    'the project database answers again',
    { unreachable_ms: Math.round(unreachableMs) },
  ],
  projectNameTooLong: ({ botId, maxLength }) => [
    'warn',
    `the project name of bot ${botId} has more than ${maxLength} characters, ` +
      'so its tickets are stored with "Unknown Project": shorten the name in the database',
    {},
  ],

  rulesLoaded: ({ file, isReload }) => [
    'info',
    isReload ? `${file} has changed: its reply rules are in force now` : `reply rules of ${file} are in force`,
    {},
  ],
  rulesRejected: ({ message }) => ['error', `${message}\nThe rules from before stay in force.`, {}],
  rulesDoubtful: ({ warning }) => ['warn', warning, {}],
}

/** Writes what happens to the service's log. */
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
