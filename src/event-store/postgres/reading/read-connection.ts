import type { PostgresConnection, QueryLimits } from '../../../databases/postgres-connection.ts'
import type { PrimaryFinder } from '../../../databases/primary.ts'
import { loggableError } from '../../../databases/server-error.ts'
import { StoreUnavailableError } from '../../event-store.ts'

/** The connection of all readers. Their statements take turns. */
export class ReadConnection {
  readonly #finder: PrimaryFinder
  readonly #limits: QueryLimits
  #connection: PostgresConnection | undefined
  #last: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(finder: PrimaryFinder, limits: QueryLimits) {
    this.#finder = finder
    this.#limits = limits
  }

  /** @throws StoreUnavailableError */
  query<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const answer = this.#last.then(() => this.#query<Row>(text, values))
    this.#last = answer.catch(() => {})
    return answer
  }

  close(): void {
    this.#isClosed = true
    this.#connection?.close()
  }

  /** A connection may have been closed since its last statement without anyone noticing, so it tries twice. */
  async #query<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    for (let isSecond = false; ; isSecond = true) {
      const connection = await this.#connect()
      try {
        return (await connection.query<Row>(text, values, this.#limits)).rows
      } catch (error) {
        connection.close()
        if (isSecond) throw unavailable(error)
      }
    }
  }

  async #connect(): Promise<PostgresConnection> {
    if (this.#isClosed) throw new StoreUnavailableError('the event database was closed')
    try {
      if (!this.#connection?.isOpen) this.#connection = await this.#finder.connect()
    } catch (error) {
      throw unavailable(error)
    }
    // It was closed meanwhile.
    if (this.#isClosed) this.#connection.close()
    return this.#connection
  }
}

function unavailable(error: unknown): StoreUnavailableError {
  return new StoreUnavailableError('the event database cannot be read', { cause: loggableError(error) })
}
