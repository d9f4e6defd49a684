import type { ProjectDatabase } from './database-driver.ts'
import { DatabaseHealth, type DatabaseIncident, type DatabaseStatus } from './database-health.ts'
import { FoundNames } from './found-names.ts'
import type { ProjectNames } from './project-names.ts'
import { Semaphore } from './semaphore.ts'

/** Times are in milliseconds. */
export interface DatabaseNamesLimits {
  readonly lookUpWithin: number
  readonly connections: number
  readonly waiting: number
  readonly cachedFor: number
  readonly cachedNames: number
  readonly reportEvery: number
  readonly checkEvery: number
  readonly closeWithin: number
}

/** No key of a table is as long; a ticket's `bot_id` may be as long as its body. */
const LONGEST_ID = 255
/** For checks: any bot will do, also one that there is not. */
const ANY_BOT = '0'

/** Names from a database that may be slow, away, or come back. */
export class DatabaseNames implements ProjectNames {
  readonly #database: ProjectDatabase
  readonly #limits: DatabaseNamesLimits
  readonly #now: () => number
  readonly #found: FoundNames
  readonly #health: DatabaseHealth
  readonly #semaphore: Semaphore
  readonly #underWay = new Map<string, Promise<string | undefined>>()
  readonly #deadlines = new Set<AbortController>()
  #isClosing = false
  #askedAt = Number.NEGATIVE_INFINITY

  /**
   * @param report hears when the database fails, once in a while, and when it works again
   * @param now milliseconds of a clock that nobody sets
   */
  constructor(
    database: ProjectDatabase,
    limits: DatabaseNamesLimits,
    report: (incident: DatabaseIncident) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#database = database
    this.#limits = limits
    this.#now = now
    this.#found = new FoundNames(limits.cachedFor, limits.cachedNames, now)
    this.#health = new DatabaseHealth(report, limits.reportEvery, now)
    this.#semaphore = new Semaphore(limits.connections, limits.waiting)
  }

  async nameOf(botId: string | number): Promise<string | undefined> {
    const id = String(botId)
    if (id.length > LONGEST_ID) return undefined
    return this.#found.get(id) ?? this.#underWay.get(id) ?? this.#lookUp(id)
  }

  /** How the last look-up went. If that was a while ago, another one begins, for whoever asks next. */
  status(): DatabaseStatus {
    const isOld = this.#now() - this.#askedAt >= this.#limits.checkEvery
    if (isOld && !this.#underWay.has(ANY_BOT)) void this.#lookUp(ANY_BOT)
    return this.#health.status
  }

  /** Calls off what is under way, and lets the connections go. A database that hangs does not hold it up. */
  async close(): Promise<void> {
    this.#isClosing = true
    for (const deadline of this.#deadlines) deadline.abort(new Error('the service ends'))
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#limits.closeWithin)
      const done = () => {
        clearTimeout(timer)
        resolve()
      }
      this.#database.close().then(done, done)
    })
  }

  /** Tickets of one bot that come meanwhile share the look-up. */
  #lookUp(id: string): Promise<string | undefined> {
    this.#askedAt = this.#now()
    const lookUp = this.#ask(id)
      .then(
        (name) => {
          this.#health.works()
          if (name !== undefined) this.#found.add(id, name)
          return name
        },
        (error: unknown) => {
          if (!this.#isClosing) this.#health.fails(error)
          return undefined
        },
      )
      .finally(() => this.#underWay.delete(id))
    this.#underWay.set(id, lookUp)
    return lookUp
  }

  /** @throws Error at the deadline, whatever the driver does then, and what the driver throws before */
  async #ask(id: string): Promise<string | undefined> {
    const { lookUpWithin } = this.#limits
    const deadline = new AbortController()
    const { signal } = deadline
    this.#deadlines.add(deadline)
    const timer = setTimeout(() => deadline.abort(new Error(`no answer within ${lookUpWithin} ms`)), lookUpWithin)
    try {
      return await Promise.race([
        this.#semaphore.run(signal, () => this.#database.findName(id, signal)),
        new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
      ])
    } finally {
      clearTimeout(timer)
      this.#deadlines.delete(deadline)
    }
  }
}
