/**
 * Fixed limits and timeouts, each with its rationale. They are not settings, since one value suits every installation.
 * Times are in milliseconds, sizes in bytes.
 */

const SECOND = 1000
const MIB = 1024 * 1024

export const httpLimits = {
  /** For a request's complete headers. They normally arrive in one packet; slow ones are attacks or broken clients. */
  headersTimeout: 8 * SECOND,
  /** For a complete request, body included: allows 1 MiB at 130 kB/s. */
  requestTimeout: 10 * SECOND,
  /** How long an idle connection is kept open for the next event. */
  keepAliveTimeout: 10 * SECOND,
  /** For a socket without traffic, such as that of a client that does not read. Exceeds stallTimeoutMs. */
  connectionTimeout: 13 * SECOND,
  /** How often Node enforces the first two. */
  connectionsCheckingInterval: SECOND,
  /** DigiReply sends a few hundred bytes of headers; Node's default is 16 KiB. */
  maxHeaderSize: 8 * 1024,
  /** Concurrent connections. Far more than a chatbot needs, but few enough that sockets cannot exhaust memory. */
  maxConnections: 10_000,
  /** File descriptors reserved for logs, the database and everything else if connections reach the process's limit. */
  reservedFiles: 64,
} as const

export const adminLimits = {
  /** A monitoring system needs one or two. */
  maxAdminConnections: 50,
  /** How long a scrape waits for the disk. Prometheus gives up after 10 s by default. */
  diskTimeout: SECOND,
  /** Nothing on this listener is worth a longer shutdown. Idle connections are those of monitoring systems. */
  close: { closeIdleAfter: 0, closeAllAfter: SECOND / 2 },
} as const

export const tlsLimits = {
  /** For a TLS handshake. Like the headers, it takes a moment; slow ones are attacks or broken clients. */
  handshakeTimeout: 8 * SECOND,
  /** How often the files are read. Certificates are renewed days before they expire. */
  readInterval: 5 * SECOND,
  /** Reads that find the same unusable files before that is reported: renewals write two files, one after the other. */
  readsBeforeReport: 6,
  /** Certificates are usually renewed 30 days before they expire, so a renewal that failed has been tried often by then. */
  warnBeforeExpiry: 14 * 24 * 60 * 60 * SECOND,
  /** A chain has a few kilobytes. */
  maxBytes: MIB,
} as const

export const eventStoreLimits = {
  /** Records queued for a slow disk, bounded so that they cannot exhaust memory. */
  maxQueueBytes: 64 * MIB,
  /** A single write: large enough for thousands of events, small enough to be checked quickly after a crash. */
  maxBatchBytes: 4 * MIB,
  /** How long a request waits for the disk. DigiReply has given up long before. */
  stallTimeoutMs: 10 * SECOND,
} as const

export const postgresStoreLimits = {
  /** As for files. */
  maxQueueBytes: 64 * MIB,
  maxBatchBytes: 4 * MIB,
  stallTimeoutMs: 10 * SECOND,
  /** How long an append waits for those of other receivers, which take milliseconds unless the standby is away. */
  lockTimeoutMs: 3 * SECOND,
  /** For 4 MiB over a slow network and a busy standby. Leaves time to try once more before the request gives up. */
  statementTimeoutMs: 6 * SECOND,
  /** The first tries follow quickly, since a pooler or a restart may be back at once; a failover takes seconds. */
  minRetryMs: SECOND / 10,
  maxRetryMs: SECOND,
  /** As for the log directory. */
  probeIntervalMs: SECOND,
  readyTimeoutMs: 2 * SECOND,
  /** For each server. Those of a failed machine do not answer at all, and a failover must not wait for them long. */
  loginTimeoutMs: 3 * SECOND,
  /** Includes waiting for the migration of another receiver. */
  migrationTimeoutMs: 60 * SECOND,
  /** A page of entries from a cold disk. */
  readTimeoutMs: 20 * SECOND,
  /** How soon a follower sees what another receiver has stored. One short statement for each follower. */
  pollMs: SECOND / 5,
  /** Entries of one kind that a reader holds in memory. */
  maxPageRows: 200,
  maxPageBytes: MIB,
  /** More than the longest text that PostgreSQL can hold: only a server that never ends its answer exceeds it. */
  maxReadResponseBytes: 1025 * MIB,
  /** How often what is too old is deleted, as for files, and how much of it in one short transaction. */
  cleanUpIntervalMs: 3600 * SECOND,
  maxDeletedRows: 1000,
} as const

export const databaseLimits = {
  /** How long a ticket waits for its project name. */
  lookupTimeout: SECOND,
  /** The server cancels a statement after this, because nothing waits for it any longer. */
  statementTimeout: SECOND,
  /** Grace period for the server to cancel the statement; then its connection is closed. */
  resetTimeout: SECOND / 2,
  /** A login may outlive the lookup that started it, so that the next one can use it: distant databases need a second. */
  loginTimeout: 10 * SECOND,
  /** But only while the server keeps sending. Exceeds lookupTimeout, whose error message is clearer. */
  loginIdleTimeout: 1.5 * SECOND,
  /** Concurrent connections. Names are cached, so a few are enough, and databases allow only a limited number. */
  maxConnections: 4,
  /** Lookups queued while the database hangs. Further lookups fail immediately. */
  maxWaiting: 1000,
  /** An idle connection is kept so that the next ticket needs no login, but closed before firewalls drop it (4 min). */
  idleTimeout: 180 * SECOND,
  /** Received per login or lookup. Names and certificates are a few kilobytes; drivers buffer without a limit. */
  maxResponseBytes: 64 * 1024,
  /** Characters in a project name: ten times more than anyone needs, and small enough to cache 10,000 of them. */
  maxNameLength: 1000,
  /** Logged characters of an error message from the server. */
  maxReasonLength: 300,
  /** A renamed project appears under its new name after this. */
  cacheTtl: 60 * SECOND,
  maxCachedNames: 10_000,
  /** How often to report an unreachable database. */
  reportInterval: 60 * SECOND,
  /** How old the database status in /readyz may be before a request triggers a new check. */
  checkInterval: 5 * SECOND,
  /** A hanging database delays shutdown by no more than this. */
  closeTimeout: SECOND / 4,
  /** Heap limit of the driver's thread. Drivers need 10 MiB; in development it also compiles TypeScript. */
  workerHeapMiB: 64,
  /** Enough to load the driver even on a busy machine. */
  workerStartTimeout: 10 * SECOND,
  /** A driver that does not reply to a heartbeat before the next one is due is stuck, and keeps a core busy. */
  heartbeatInterval: SECOND,
  /** The first delay before a failed driver is restarted; doubles with each consecutive failure. */
  restartDelay: SECOND,
  maxRestartDelay: 30 * SECOND,
} as const

export const settingsFileLimits = {
  /** A .env file or a token has at most a few kilobytes; a larger file is the wrong one. */
  maxBytes: MIB,
  /** How often a token file is read. A change is applied once two reads agree, so it takes effect within three seconds. */
  readInterval: SECOND,
} as const

export const tokenUseLimits = {
  /** How often to log which tokens requests come with: soon enough to watch a change, without a line for each event. */
  reportInterval: 60 * SECOND,
} as const

export const repliesFileLimits = {
  /** How often the file is read. A change is applied once two reads agree, so it takes effect within three seconds. */
  readInterval: SECOND,
  /** Enough for thousands of rules; a larger file is the wrong one. */
  maxBytes: MIB,
} as const

export const serviceLogLimits = {
  /** Characters of the service log that may be queued for stdout, a few thousand lines. Further lines are dropped. */
  maxWaiting: MIB,
} as const

export const shutdownLimits = {
  /** Idle connections are closed after this. Until then, a request that is already on the wire can still arrive. */
  closeIdleAfter: SECOND / 2,
  /** In-flight requests have this long to finish. Those still waiting for the disk then get 503. */
  giveUpAfter: 5 * SECOND,
  /** Connections that are still open are destroyed. */
  closeAllAfter: 6 * SECOND,
  /** The process is killed, whatever it is waiting for. */
  killAfter: 7 * SECOND,
} as const
