import { extname } from 'node:path'
import type { DatabaseAddress } from '../databases/database-url.ts'
import { reasonOf } from '../lib/error-reason.ts'
import { printableLine } from '../lib/printable.ts'
import { unlessAborted } from '../lib/unless-aborted.ts'
import type { ProjectDatabase } from './project-database.ts'
import { ReplaceableWorker, type WorkerLimits } from './replaceable-worker.ts'
import type { Request, Response, WorkerData } from './worker/messages.ts'

export interface WorkerDatabaseLimits extends WorkerLimits {
  /** Characters of what a driver or a server says. */
  readonly maxReasonLength: number
  /** Milliseconds. */
  readonly closeTimeout: number
}

interface LookUp {
  resolve(name: string | undefined): void
  reject(error: unknown): void
}

/** The compiler rewrites the extension of an import, but not of this. */
const WORKER = new URL(`./worker/main${extname(import.meta.url)}`, import.meta.url)

/**
 * A database whose driver runs in a worker thread. Whatever a driver or a server says passes through here: on this side
 * of it, a reason is one short printable line without the password.
 */
export class WorkerDatabase implements ProjectDatabase {
  readonly #worker: ReplaceableWorker<Request, Response>
  readonly #limits: WorkerDatabaseLimits
  readonly #password: string
  readonly #lookUps = new Map<number, LookUp>()
  #lastId = 0
  #onClosed = () => {}

  constructor(address: DatabaseAddress, limits: WorkerDatabaseLimits & WorkerData['limits']) {
    const data: WorkerData = { address, limits }
    this.#worker = new ReplaceableWorker(WORKER, data, limits, {
      onMessage: (response) => this.#onResponse(response),
      onFailure: (reason) => this.#onFailure(reason),
    })
    this.#limits = limits
    this.#password = address.password
  }

  /** Starts the worker and loads the driver, so that no ticket has to wait for that. Nothing is connected yet. */
  start(): Promise<void> {
    return this.#worker.start()
  }

  async findName(botId: string, signal: AbortSignal): Promise<string | undefined> {
    const id = ++this.#lastId
    try {
      return await unlessAborted(signal, this.#ask(id, botId))
    } finally {
      if (this.#lookUps.delete(id)) this.#worker.sendIfRunning({ kind: 'cancel', id })
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

  #ask(id: number, botId: string): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      try {
        this.#worker.send({ kind: 'find', id, botId })
        this.#lookUps.set(id, { resolve, reject })
      } catch (error) {
        reject(this.#presentable(reasonOf(error)))
      }
    })
  }

  #onResponse(response: Response): void {
    if (response.kind === 'closed') this.#onClosed()
    if (response.kind !== 'found' && response.kind !== 'failed') return
    const lookUp = this.#lookUps.get(response.id)
    this.#lookUps.delete(response.id)
    if (response.kind === 'failed') {
      lookUp?.reject(this.#presentable(response.reason))
    } else {
      this.#worker.succeed()
      lookUp?.resolve(response.name)
    }
  }

  #onFailure(reason: string): void {
    const error = this.#presentable(reason)
    for (const { reject } of this.#lookUps.values()) reject(error)
    this.#lookUps.clear()
    this.#onClosed()
  }

  #presentable(reason: string): Error {
    const withoutPassword = [encodeURIComponent(this.#password), this.#password]
      .filter((secret) => secret !== '')
      .reduce((text, secret) => text.replaceAll(secret, '***'), reason)
    return new Error(printableLine(withoutPassword, this.#limits.maxReasonLength))
  }
}
