import { Semaphore } from '../lib/semaphore.ts'
import { unlessAborted } from '../lib/unless-aborted.ts'
import type { Telemetry } from '../telemetry.ts'
import { DatabaseHealth, type DatabaseStatus } from './database-health.ts'
import { NameCache } from './name-cache.ts'
import type { ProjectDatabase } from './project-database.ts'
import type { ProjectNames } from './project-names.ts'

/** Times are in milliseconds. */
export interface DatabaseNamesLimits {
  readonly lookupTimeout: number
  readonly maxConnections: number
  readonly maxWaiting: number
  readonly maxNameLength: number
  readonly cacheTtl: number
  readonly maxCachedNames: number
  readonly reportInterval: number
  readonly checkInterval: number
  readonly closeTimeout: number
}

/** Longer than the keys of any table, whereas a ticket's `bot_id` can be as long as its body. */
const MAX_ID_LENGTH = 255
/** The bot that is looked up to check the database. It does not need to exist. */
const PROBE_BOT = '0'

/** Project names from a database that may be slow or temporarily unreachable. */
export class DatabaseNames implements ProjectNames {
  readonly #database: ProjectDatabase
  readonly #limits: DatabaseNamesLimits
  readonly #now: () => number
  readonly #cache: NameCache
  readonly #health: DatabaseHealth
  readonly #semaphore: Semaphore
  readonly #inFlight = new Map<string, Promise<string | undefined>>()
  readonly #pendingDeadlines = new Set<AbortController>()
  #isClosing = false
  #lastLookupAt = Number.NEGATIVE_INFINITY

  /**
   * @param now a monotonic clock in milliseconds
   */
  constructor(
    database: ProjectDatabase,
    limits: DatabaseNamesLimits,
    telemetry: Telemetry,
    now: () => number = () => performance.now(),
  ) {
    this.#database = database
    this.#limits = limits
    this.#now = now
    this.#cache = new NameCache(limits.cacheTtl, limits.maxCachedNames, now)
    this.#health = new DatabaseHealth(telemetry, limits.reportInterval, now)
    this.#semaphore = new Semaphore(limits.maxConnections, limits.maxWaiting)
  }

  async nameOf(botId: string | number): Promise<string | undefined> {
    const id = String(botId)
    if (id.length > MAX_ID_LENGTH) return undefined
    return this.#cache.get(id) ?? this.#inFlight.get(id) ?? this.#lookUp(id)
  }

  /** @returns the outcome of the last lookup. If that is too old, also starts a new one, for the next call */
  status(): DatabaseStatus {
    const isOld = this.#now() - this.#lastLookupAt >= this.#limits.checkInterval
    if (isOld && !this.#inFlight.has(PROBE_BOT)) void this.#lookUp(PROBE_BOT)
    return this.#health.status
  }

  /** Cancels lookups and closes the connections, without waiting for a database that hangs. */
  async close(): Promise<void> {
    this.#isClosing = true
    for (const deadline of this.#pendingDeadlines) deadline.abort(new Error('the service is shutting down'))
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#limits.closeTimeout)
      const done = () => {
        clearTimeout(timer)
        resolve()
      }
      this.#database.close().then(done, done)
    })
  }

  /** Concurrent tickets for the same bot share a lookup. */
  #lookUp(id: string): Promise<string | undefined> {
    this.#lastLookupAt = this.#now()
    const lookup = this.#query(id)
      .then(
        (name) => this.#accept(id, name),
        (error: unknown) => {
          if (!this.#isClosing) this.#health.recordFailure(error)
          return undefined
        },
      )
      .finally(() => this.#inFlight.delete(id))
    this.#inFlight.set(id, lookup)
    return lookup
  }

  #accept(id: string, name: string | undefined): string | undefined {
    const { maxNameLength } = this.#limits
    this.#health.recordSuccess()
    if (name === undefined) return undefined
    // A character may take two UTF-16 code units. The first test is cheap and sufficient for almost all names.
    if (name.length > maxNameLength && [...name].length > maxNameLength) {
      this.#health.recordNameTooLong(id, maxNameLength)
      return undefined
    }
    this.#cache.add(id, name)
    return name
  }

  /** @throws Error at the deadline, even if the database hangs, or whatever the database throws before */
  async #query(id: string): Promise<string | undefined> {
    const { lookupTimeout } = this.#limits
    const deadline = new AbortController()
    const { signal } = deadline
    this.#pendingDeadlines.add(deadline)
    const timer = setTimeout(() => deadline.abort(new Error(`no response within ${lookupTimeout} ms`)), lookupTimeout)
    try {
      return await unlessAborted(
        signal,
        this.#semaphore.run(signal, () => this.#database.findName(id, signal)),
      )
    } finally {
      clearTimeout(timer)
      this.#pendingDeadlines.delete(deadline)
    }
  }
}
