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

/** No table has keys as long as this, but a ticket's `bot_id` can be as long as its body. */
const LONGEST_ID = 255
/** For checks. Any bot will do, even one that does not exist. */
const ANY_BOT = '0'

/** Names from a database that may be slow or unreachable, and come back. */
export class DatabaseNames implements ProjectNames {
  readonly #database: ProjectDatabase
  readonly #limits: DatabaseNamesLimits
  readonly #now: () => number
  readonly #found: NameCache
  readonly #health: DatabaseHealth
  readonly #semaphore: Semaphore
  readonly #inFlight = new Map<string, Promise<string | undefined>>()
  readonly #deadlines = new Set<AbortController>()
  #isClosing = false
  #askedAt = Number.NEGATIVE_INFINITY

  /**
   * @param now milliseconds of a clock that is never set
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
    this.#found = new NameCache(limits.cacheTtl, limits.maxCachedNames, now)
    this.#health = new DatabaseHealth(telemetry, limits.reportInterval, now)
    this.#semaphore = new Semaphore(limits.maxConnections, limits.maxWaiting)
  }

  async nameOf(botId: string | number): Promise<string | undefined> {
    const id = String(botId)
    if (id.length > LONGEST_ID) return undefined
    return this.#found.get(id) ?? this.#inFlight.get(id) ?? this.#lookUp(id)
  }

  /** The outcome of the last lookup. If that is old, another one starts, for the next call. */
  status(): DatabaseStatus {
    const isOld = this.#now() - this.#askedAt >= this.#limits.checkInterval
    if (isOld && !this.#inFlight.has(ANY_BOT)) void this.#lookUp(ANY_BOT)
    return this.#health.status
  }

  /** Cancels lookups and closes the connections. A database that hangs does not delay it. */
  async close(): Promise<void> {
    this.#isClosing = true
    for (const deadline of this.#deadlines) deadline.abort(new Error('the service is shutting down'))
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#limits.closeTimeout)
      const done = () => {
        clearTimeout(timer)
        resolve()
      }
      this.#database.close().then(done, done)
    })
  }

  /** Concurrent tickets of one bot share the lookup. */
  #lookUp(id: string): Promise<string | undefined> {
    this.#askedAt = this.#now()
    const lookUp = this.#ask(id)
      .then(
        (name) => this.#accept(id, name),
        (error: unknown) => {
          if (!this.#isClosing) this.#health.fails(error)
          return undefined
        },
      )
      .finally(() => this.#inFlight.delete(id))
    this.#inFlight.set(id, lookUp)
    return lookUp
  }

  #accept(id: string, name: string | undefined): string | undefined {
    const { maxNameLength } = this.#limits
    this.#health.works()
    if (name === undefined) return undefined
    // A character may take two UTF-16 units. The shorter test spares almost every name the longer one.
    if (name.length > maxNameLength && [...name].length > maxNameLength) {
      this.#health.findsNameTooLong(id, maxNameLength)
      return undefined
    }
    this.#found.add(id, name)
    return name
  }

  /** @throws Error at the deadline, whatever the database does, and what the database throws before */
  async #ask(id: string): Promise<string | undefined> {
    const { lookupTimeout } = this.#limits
    const deadline = new AbortController()
    const { signal } = deadline
    this.#deadlines.add(deadline)
    const timer = setTimeout(() => deadline.abort(new Error(`no answer within ${lookupTimeout} ms`)), lookupTimeout)
    try {
      return await unlessAborted(
        signal,
        this.#semaphore.run(signal, () => this.#database.findName(id, signal)),
      )
    } finally {
      clearTimeout(timer)
      this.#deadlines.delete(deadline)
    }
  }
}
