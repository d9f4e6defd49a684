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

export const eventLogLimits = {
  /** Records waiting for a slow disk: beyond this, memory would pay for it. */
  maxQueueBytes: 64 * MIB,
  /** One write: large enough for thousands of events, small enough to be checked quickly after a crash. */
  maxBatchBytes: 4 * MIB,
  /** Nobody waits longer for the disk; DigiReply has long given up by then. */
  stallTimeoutMs: 10 * SECOND,
} as const

export const databaseLimits = {
  /** A ticket waits so long for its project's name; opening a connection and a statement on the server may take as long. */
  lookUpWithin: SECOND,
  /** Connections at a time: names are cached, so that few are needed, and databases have few to give. */
  connections: 4,
  /** Look-ups in line while the database hangs. More get no name at once. */
  waiting: 1000,
  /** A connection without work is closed, before a firewall in between forgets it. */
  idleConnection: 10 * SECOND,
  /** A project that is renamed shows its new name after this. */
  cachedFor: 60 * SECOND,
  cachedNames: 10_000,
  /** A database that is away is told of so often. */
  reportEvery: 60 * SECOND,
  /** What /readyz says of the database is at least so fresh, if somebody asks as often. */
  checkEvery: 5 * SECOND,
  /** A hanging database does not hold the end of the process up longer. */
  closeWithin: SECOND / 4,
} as const

export const repliesFileLimits = {
  /** How often the file is read. A change is taken when two readings agree, so it is in force within three seconds. */
  readEvery: SECOND,
  /** Thousands of rules; what is larger is another file. */
  maxBytes: MIB,
} as const

export const ownLogLimits = {
  /** Characters of the service's own log that may wait for stdout: some thousand lines. Those beyond are dropped. */
  maxWaiting: MIB,
} as const

export const shutdownLimits = {
  /** Connections without a request are cut after this; one that is on its way may still arrive. */
  cutIdleAfter: SECOND / 2,
  /** Requests under way have so long to be finished; whoever waits for the disk then is answered with 503. */
  answerWithin: 5 * SECOND,
  /** Connections that are still open then are cut. */
  cutAfter: 6 * SECOND,
  /** The process is ended then, whatever it still waits for. */
  endAfter: 7 * SECOND,
} as const

/** What a 503 tells the sender to wait. In seconds, as the header has it. */
export const RETRY_AFTER_SECONDS = 5
