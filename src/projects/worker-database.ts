import { extname } from 'node:path'
import type { DatabaseAddress } from '../databases/database-url.ts'
import { reasonOf } from '../lib/errors.ts'
import { printableLine } from '../lib/printable.ts'
import { unlessAborted } from '../lib/unless-aborted.ts'
import type { ProjectDatabase } from './project-database.ts'
import { SupervisedWorker, type WorkerLimits } from './supervised-worker.ts'
import type { Request, Response, WorkerData } from './worker/messages.ts'

export interface WorkerDatabaseLimits extends WorkerLimits {
  /** Characters of an error message from a driver or server. */
  readonly maxReasonLength: number
  /** Milliseconds. */
  readonly closeTimeout: number
}

interface PendingLookup {
  resolve(name: string | undefined): void
  reject(error: unknown): void
}

/** TypeScript rewrites the extensions of imports, but not of URLs. */
const WORKER = new URL(`./worker/main${extname(import.meta.url)}`, import.meta.url)

/**
 * A database whose driver runs in a worker thread. Sanitizes all error messages from drivers and servers: outside this
 * class, a reason is one short printable line without the password.
 */
export class WorkerDatabase implements ProjectDatabase {
  readonly #worker: SupervisedWorker<Request, Response>
  readonly #limits: WorkerDatabaseLimits
  readonly #password: string
  readonly #pending = new Map<number, PendingLookup>()
  #lastId = 0
  #onClosed = () => {}

  constructor(address: DatabaseAddress, limits: WorkerDatabaseLimits & WorkerData['limits']) {
    const data: WorkerData = { address, limits }
    this.#worker = new SupervisedWorker(WORKER, data, limits, {
      onMessage: (response) => this.#onResponse(response),
      onFailure: (reason) => this.#onFailure(reason),
    })
    this.#limits = limits
    this.#password = address.password
  }

  /** Starts the worker and loads the driver, so that no ticket has to wait for that. Does not connect yet. */
  start(): Promise<void> {
    return this.#worker.start()
  }

  async findName(botId: string, signal: AbortSignal): Promise<string | undefined> {
    const id = ++this.#lastId
    try {
      return await unlessAborted(signal, this.#request(id, botId))
    } finally {
      if (this.#pending.delete(id)) this.#worker.sendIfRunning({ kind: 'cancel', id })
    }
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#limits.closeTimeout)
      this.#onClosed = () => {
        clearTimeout(timer)
        resolve()
      }
      if (!this.#worker.sendIfRunning({ kind: 'close' })) this.#onClosed()
    })
    this.#worker.stop()
  }

  #request(id: number, botId: string): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      try {
        this.#worker.send({ kind: 'find', id, botId })
        this.#pending.set(id, { resolve, reject })
      } catch (error) {
        reject(this.#sanitize(reasonOf(error)))
      }
    })
  }

  #onResponse(response: Response): void {
    if (response.kind === 'closed') this.#onClosed()
    if (response.kind !== 'found' && response.kind !== 'failed') return
    const lookup = this.#pending.get(response.id)
    this.#pending.delete(response.id)
    if (response.kind === 'failed') {
      lookup?.reject(this.#sanitize(response.reason))
    } else {
      this.#worker.resetBackoff()
      lookup?.resolve(response.name)
    }
  }

  #onFailure(reason: string): void {
    const error = this.#sanitize(reason)
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
    this.#onClosed()
  }

  #sanitize(reason: string): Error {
    const withoutPassword = [encodeURIComponent(this.#password), this.#password]
      .filter((secret) => secret !== '')
      .reduce((text, secret) => text.replaceAll(secret, '***'), reason)
    return new Error(printableLine(withoutPassword, this.#limits.maxReasonLength))
  }
}
