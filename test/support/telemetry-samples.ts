import type { TelemetryMap } from '../../src/telemetry.ts'

/** What each telemetry event may carry, with every optional field. Several, where they make different lines. */
export const telemetrySamples: { readonly [N in keyof TelemetryMap]: readonly TelemetryMap[N][] } = {
  starting: [
    [
      {
        version: '1.0.0',
        nodeVersion: 'v20.19.0',
        address: '0.0.0.0:3000',
        path: '/webhook',
        store: 'files',
        logDir: 'logs',
        fsync: true,
        trustedProxies: [],
        rules: 5,
      },
    ],
  ],
  startFailed: [
    [{ errors: ['PORT: …'] }],
    [{ reason: 'PORT: 3000 is already in use …' }],
    [{ cause: new Error('bug') }],
  ],
  settingDoubtful: [[{ warning: 'LOGDIR in .env …' }]],
  listening: [
    [{ url: 'http://127.0.0.1:3000/webhook', isInherited: false }],
    [{ url: 'http://127.0.0.1:3000/webhook', isInherited: true }],
  ],
  adminListening: [[{ url: 'http://127.0.0.1:9464' }]],
  adminConnectionRejected: [[]],
  adminRequestRejected: [[rejected(404)]],
  reloadStarted: [[{ signal: 'SIGHUP' }]],
  drainStarted: [[{ signal: 'SIGTERM', delayMs: 10_000 }]],
  shutdownStarted: [[{ signal: 'SIGTERM' }]],
  shutdownTimedOut: [[{ afterMs: 7000 }]],
  stopped: [
    [{ finishedRequests: 1, abortedRequests: 0, uptimeMs: 1000 }],
    [{ finishedRequests: 1, abortedRequests: 1, uptimeMs: 1000 }],
  ],
  unexpectedError: [[{ error: new Error('bug') }]],
  logLinesDropped: [[{ lines: 1 }]],

  eventStored: [[handled()]],
  eventReplayed: [[handled()]],
  requestRejected: [[rejected(401)], [rejected(503)]],
  authenticated: [[{ token: 'current' }]],
  tokensUsed: [[{ current: 2, previous: 1 }], [{ current: 2, previous: 0 }]],
  requestAborted: [[{ requestId: 'a-1', clientIp: '127.0.0.1' }]],
  connectionRejected: [[]],

  handshakeFailed: [[{ reason: 'the client does not trust the certificate', clientIp: '192.0.2.1' }]],
  certificateRenewed: [[{ file: 'fullchain.pem', expires: new Date('2027-02-01') }]],
  certificateRejected: [
    [{ file: 'privkey.pem', reason: 'the key does not belong to it', expires: new Date('2027-02-01') }],
  ],
  certificateRestored: [[{ file: 'fullchain.pem', expires: new Date('2027-02-01') }]],
  certificateExpiring: [[{ file: 'fullchain.pem', expires: new Date('2027-02-01') }]],
  batchWritten: [[{ file: 'tickets.jsonl', lines: 1, bytes: 100, durationMs: 1 }]],
  logFileRemoved: [[{ file: 'tickets.jsonl' }]],
  logFileRotated: [[{ file: 'tickets.jsonl', movedTo: 'tickets.jsonl-20261124T230000Z', bytes: 100 }]],
  rotationFailed: [[storeFailure()]],
  logFileCompressed: [[{ file: 'tickets.jsonl-20261124T230000Z', bytes: 100, compressedBytes: 10 }]],
  logFileDeleted: [[{ file: 'tickets.jsonl-20261124T230000Z', bytes: 100 }]],
  cleanUpFailed: [[storeFailure()]],
  failoverUnsafe: [[{ warning: 'synchronous_standby_names is empty …' }]],
  entriesDeleted: [[{ entries: 2 }]],
  deletionFailed: [[{ error: new Error('ECONNREFUSED') }]],
  deletionAnnounced: [[{ reader: 'crm', file: 'tickets.jsonl-20261124T230000Z', entries: 2, at: new Date(0) }]],
  unreadEntriesDeleted: [[{ reader: 'crm', file: 'tickets.jsonl-20261124T230000Z', entries: 2 }]],
  diskStalled: [[{ file: 'tickets.jsonl', afterMs: 10_000 }]],
  diskResumed: [[{ file: 'tickets.jsonl', stalledMs: 10_000 }]],
  storingFailed: [[storeFailure()]],
  storingRecovered: [[{ file: 'tickets.jsonl', failedMs: 10 }]],
  readinessLost: [[{ reason: 'tickets.jsonl: cannot be written', cause: new Error('ENOSPC') }]],
  readinessRegained: [[{ failedMs: 10 }]],
  storeBroken: [[storeFailure()]],
  tornLinesMoved: [[{ file: 'tickets.jsonl', bytes: 10, movedTo: 'tickets.jsonl.torn-…' }]],
  recentEventsUnreadable: [[storeFailure()]],
  lockUnsupported: [[storeFailure()]],
  lockLost: [[{ file: '.lock' }]],

  databaseUnreachable: [[{ reason: 'connect ECONNREFUSED' }]],
  databaseRecovered: [[{ unreachableMs: 10 }]],
  projectNameTooLong: [[{ botId: '21', maxLength: 1000 }]],

  tokenChanged: [
    [{ setting: 'WEBHOOK_SECRET_FILE', isPreviousAccepted: true }],
    [{ setting: 'WEBHOOK_SECRET_FILE', isPreviousAccepted: false }],
  ],
  tokenRejected: [[{ message: 'WEBHOOK_SECRET_FILE: …' }]],

  rulesLoaded: [
    [{ file: 'replies.json', isReload: false, rules: ['a'] }],
    [{ file: 'replies.json', isReload: true, rules: ['a'] }],
  ],
  rulesRejected: [[{ message: 'Cannot load …' }]],
  rulesDoubtful: [[{ warning: 'replies.json, line 1 …' }]],
}

function handled() {
  return {
    requestId: 'a-1',
    type: 'on_ticket_created',
    id: '15466686f8497343',
    action: 'override_response',
    rules: ['built-in: ticket created'],
    durationMs: 1.234,
  }
}

function rejected(status: number) {
  return {
    requestId: 'a-1',
    clientIp: '127.0.0.1',
    kind: 'notFound',
    status,
    error: 'Not found',
    reason: 'no such path',
    cause: new Error('ENOSPC'),
    durationMs: 1,
    path: '/nowhere',
  }
}

function storeFailure() {
  return { file: 'tickets.jsonl', error: new Error('ENOSPC') }
}
