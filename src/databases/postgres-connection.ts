import { unlessAborted } from '../lib/unless-aborted.ts'
import { BoundedSocket } from './bounded-socket.ts'
import type { DatabaseAddress } from './database-url.ts'
import { type Client, createPostgresClient } from './postgres-client.ts'

export interface QueryLimits {
  /** Milliseconds after which the connection is destroyed. */
  readonly timeoutMs: number
  /** Bytes of the response. */
  readonly maxResponseBytes: number
}

export interface QueryResult<Row> {
  readonly rows: readonly Row[]
  /** SQLSTATE codes of the warnings that came with the result. */
  readonly warnings: readonly string[]
}

type LookupFunction = ConstructorParameters<typeof BoundedSocket>[0]

/**
 * A connection that is used for one statement at a time. Statements are unnamed and the session has no state, so that
 * it works through a pooler in transaction mode. A statement that takes too long is never cancelled: while it waits for
 * a synchronous standby, that would commit it without the standby.
 */
export class PostgresConnection {
  readonly #client: Client
  readonly #socket: BoundedSocket
  #warnings: string[] = []

  private constructor(client: Client, socket: BoundedSocket) {
    this.#client = client
    this.#socket = socket
    client.on('notice', ({ code }) => this.#warnings.push(code ?? ''))
  }

  /** Connects and logs in. @throws the driver's error */
  static async open(
    address: DatabaseAddress,
    lookup: LookupFunction,
    limits: QueryLimits,
  ): Promise<PostgresConnection> {
    const socket = new BoundedSocket(lookup)
    const client = createPostgresClient(address, socket)
    const connection = new PostgresConnection(client, socket)
    await connection.#limit(limits, client.connect())
    return connection
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed
  }

  /** @throws the driver's error, after which the connection may be closed */
  async query<Row extends object>(
    text: string,
    values: readonly unknown[],
    limits: QueryLimits,
  ): Promise<QueryResult<Row>> {
    this.#warnings = []
    const { rows } = await this.#limit(limits, this.#client.query<Row>(text, [...values]))
    return { rows, warnings: this.#warnings }
  }

  /** Runs several statements without parameters. @throws like query */
  async run(statements: string, limits: QueryLimits): Promise<void> {
    await this.#limit(limits, this.#client.query(statements))
  }

  /** Sends the protocol's termination message, without waiting for the server. */
  close(): void {
    if (this.isOpen) void this.#client.end().catch(() => {})
    this.#socket.destroy()
  }

  /** @param reason what a statement in progress is rejected with */
  destroy(reason: Error): void {
    this.#socket.destroy(reason)
  }

  async #limit<T>({ timeoutMs, maxResponseBytes }: QueryLimits, answer: Promise<T>): Promise<T> {
    const tooLate = () => this.#socket.destroy(new Error(`no answer from the database within ${timeoutMs} ms`))
    const timer = setTimeout(tooLate, timeoutMs)
    this.#socket.limitBytes(maxResponseBytes)
    try {
      return await unlessAborted(this.#socket.closeSignal, answer)
    } finally {
      clearTimeout(timer)
    }
  }
}
