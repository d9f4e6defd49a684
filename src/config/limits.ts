/**
 * Limits and time-outs that are no settings: each holds for every installation, and its reason stands beside it.
 * Times are in milliseconds, sizes in bytes.
 */

const SECOND = 1000
const MIB = 1024 * 1024

export const httpLimits = {
  /** A request's head must be complete after this. Real ones come in one packet; slow ones are attacks or broken. */
  headersTimeout: 8 * SECOND,
  /** A request must be complete after this, body included: 1 MiB at 130 kB/s. */
  requestTimeout: 10 * SECOND,
  /** An idle connection is kept this long for the next event. */
  keepAliveTimeout: 10 * SECOND,
  /** A socket on which nothing moves, such as a client that does not read, is cut. Longer than a stalled disk. */
  connectionTimeout: 13 * SECOND,
  /** How often Node looks for connections that are past the first two. */
  connectionsCheckingInterval: SECOND,
  /** DigiReply's heads have a few hundred bytes; Node's own limit is 16 KiB. */
  maxHeaderSize: 8 * 1024,
  /** Connections at a time, far above what a chatbot needs, so that sockets cannot use up memory. */
  maxConnections: 10_000,
  /** Files that stay free for logs, the database and the rest when connections would use all that a process may open. */
  reservedFiles: 64,
} as const

export const eventStoreLimits = {
  /** Records waiting for a slow disk: beyond this, memory would pay for it. */
  maxQueueBytes: 64 * MIB,
  /** One write: large enough for thousands of events, small enough to be checked quickly after a crash. */
  maxBatchBytes: 4 * MIB,
  /** Nobody waits longer for the disk; DigiReply has long given up by then. */
  stallTimeoutMs: 10 * SECOND,
} as const

export const databaseLimits = {
  /** A ticket waits this long for its project's name. */
  lookupTimeout: SECOND,
  /** The server ends a statement after this: nobody waits for it any longer. */
  statementTimeout: SECOND,
  /** A statement's connection is closed if the server has not ended it this long after it should have. */
  settleTimeout: SECOND / 2,
  /** A login may outlive the lookup that it was for, so that the next one finds it done: far databases need a second. */
  loginTimeout: 10 * SECOND,
  /** But only while the server keeps talking. Longer than a lookup, whose own error is clearer. */
  loginIdleTimeout: 1.5 * SECOND,
  /** Connections at a time. Names are cached, so a few are enough, and databases have few to give. */
  maxConnections: 4,
  /** Lookups in line while the database hangs. Any more get no name at once. */
  maxWaiting: 1000,
  /** An idle connection is kept so that the next ticket needs no login, but not until a firewall forgets it (4 min). */
  idleTimeout: 180 * SECOND,
  /** What a login or a lookup may receive. Names and certificates are a few kilobytes; drivers keep whatever comes. */
  maxResponseBytes: 64 * 1024,
  /** Characters of a project's name: ten times what people write. The cache holds 10,000 of them. */
  maxNameLength: 1000,
  /** Characters of an error message in the log, which come from the server. */
  maxReasonLength: 300,
  /** A renamed project shows its new name after this. */
  cacheTtl: 60 * SECOND,
  maxCachedNames: 10_000,
  /** How often to report an unreachable database. */
  reportInterval: 60 * SECOND,
  /** How old the state of the database in /readyz can be, if somebody asks that often. */
  checkInterval: 5 * SECOND,
  /** A hanging database delays shutdown by no more than this. */
  closeTimeout: SECOND / 4,
  /** What the driver's thread may use. Drivers need 10 MiB; the development server compiles TypeScript there as well. */
  workerHeapMiB: 64,
  /** The driver is loaded by then even on a machine that is busy with something else. */
  workerStartTimeout: 10 * SECOND,
  /** A driver that does not answer from one heartbeatInterval to the next hangs, and uses up a core. */
  heartbeatInterval: SECOND,
  /** A driver that has failed is started again after this, which doubles with every failure in a row. */
  restartDelay: SECOND,
  maxRestartDelay: 30 * SECOND,
} as const

export const settingsFileLimits = {
  /** A .env or a token has a few kilobytes; what is larger is another file. */
  maxBytes: MIB,
} as const

export const repliesFileLimits = {
  /** How often the file is read. A change is taken when two readings agree, so it is in force within three seconds. */
  readInterval: SECOND,
  /** Thousands of rules; what is larger is another file. */
  maxBytes: MIB,
} as const

export const serviceLogLimits = {
  /** Characters of the service log that may wait for stdout: several thousand lines. Any more are dropped. */
  maxWaiting: MIB,
} as const

export const shutdownLimits = {
  /** Connections without a request are cut after this; one that is on its way may still arrive. */
  closeIdleAfter: SECOND / 2,
  /** Requests under way have so long to be finished; whoever waits for the disk then is answered with 503. */
  giveUpAfter: 5 * SECOND,
  /** Connections that are still open then are cut. */
  closeAllAfter: 6 * SECOND,
  /** The process is ended then, whatever it still waits for. */
  killAfter: 7 * SECOND,
} as const
