import type { BoundedSocket } from '../../databases/bounded-socket.ts'
import { unlessAborted } from '../../lib/unless-aborted.ts'

/** An authenticated connection. */
export interface Connection {
  /**
   * @returns the name of the bot's project; undefined if there is no such bot or the name is empty
   * @throws the driver's error, after which the connection must not be used again
   */
  findName(botId: string): Promise<string | undefined>
  /** Makes the connection ready for the next lookup. @throws like findName */
  reset(): Promise<void>
  /** Sends the protocol's termination message, without waiting for the server. */
  end(): void
}

/** Connects the socket and logs in. @throws the driver's error */
export type LogIn = (socket: BoundedSocket) => Promise<Connection>

/** Times are in milliseconds. */
export interface ConnectionLimits {
  readonly maxConnections: number
  readonly statementTimeout: number
  readonly resetTimeout: number
  readonly loginTimeout: number
  readonly loginIdleTimeout: number
  readonly idleTimeout: number
  readonly maxResponseBytes: number
}

interface Member {
  readonly socket: BoundedSocket
  readonly connection: Connection
}

interface Waiter {
  hasLogin: boolean
  serve(member: Member): void
  fail(error: unknown): void
}

/**
 * A few connections to one server, for lookups that may be cancelled. A cancelled lookup leaves its connection to the
 * next one: its login continues, because over a slow network no single lookup lasts long enough to complete it; and its
 * statement keeps the connection until the server has ended it, so that the server never runs more statements than
 * there are connections. A connection is not reused after any error.
 */
export class ConnectionPool {
  readonly #createSocket: () => BoundedSocket
  readonly #logIn: LogIn
  readonly #limits: ConnectionLimits
  /** Of all connections, including those that are being opened. */
  readonly #sockets = new Set<BoundedSocket>()
  readonly #idle = new Map<Member, NodeJS.Timeout>()
  readonly #waiting = new Set<Waiter>()
  #logins = 0

  constructor(createSocket: () => BoundedSocket, logIn: LogIn, limits: ConnectionLimits) {
    this.#createSocket = createSocket
    this.#logIn = logIn
    this.#limits = limits
  }

  /** @throws the driver's error or the signal's reason */
  async findName(botId: string, signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted()
    const member = await this.#acquire(signal)
    if (signal.aborted) this.#release(member)
    signal.throwIfAborted()
    return unlessAborted(signal, this.#query(member, botId))
  }

  /** Terminates idle connections properly, and destroys the others. */
  close(): void {
    for (const member of this.#idle.keys()) this.#discard(member)
    for (const socket of this.#sockets) socket.destroy()
  }

  #acquire(signal: AbortSignal): Promise<Member> {
    const newest = [...this.#idle.keys()].at(-1)
    if (newest) {
      this.#stopIdling(newest)
      return Promise.resolve(newest)
    }
    return new Promise((resolve, reject) => {
      const leave = () => waiter.fail(signal.reason)
      const settle = () => {
        this.#waiting.delete(waiter)
        signal.removeEventListener('abort', leave)
      }
      const waiter: Waiter = {
        hasLogin: false,
        serve: (member) => {
          settle()
          resolve(member)
        },
        fail: (error) => {
          settle()
          reject(error)
        },
      }
      this.#waiting.add(waiter)
      signal.addEventListener('abort', leave)
      this.#logInForWaiting()
    })
  }

  #logInForWaiting(): void {
    for (const waiter of this.#waiting) {
      if (this.#logins >= this.#waiting.size || this.#sockets.size >= this.#limits.maxConnections) return
      if (!waiter.hasLogin) void this.#logInFor(waiter)
    }
  }

  /** The connection goes to the first waiter. If the login fails, only the waiter that it was started for fails. */
  async #logInFor(waiter: Waiter): Promise<void> {
    const { loginTimeout, loginIdleTimeout, maxResponseBytes } = this.#limits
    const socket = this.#createSocket()
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#logInForWaiting()
    })
    this.#logins += 1
    waiter.hasLogin = true
    socket.limitBytes(maxResponseBytes)
    socket.setIdleTimeout(loginIdleTimeout)
    const stopTimer = destroyAfter(socket, loginTimeout, 'the login took too long')
    try {
      const connection = await unlessAborted(socket.closeSignal, this.#logIn(socket))
      const member = { socket, connection }
      socket.once('close', () => this.#stopIdling(member))
      socket.setIdleTimeout(0)
      this.#release(member)
    } catch (error) {
      socket.destroy()
      waiter.fail(error)
    } finally {
      stopTimer()
      this.#logins -= 1
      waiter.hasLogin = false
      this.#logInForWaiting()
    }
  }

  /** Resolves before the connection is ready again, which it becomes even if the lookup is cancelled. */
  #query(member: Member, botId: string): Promise<string | undefined> {
    const { socket, connection } = member
    const { statementTimeout, resetTimeout, maxResponseBytes } = this.#limits
    socket.limitBytes(maxResponseBytes)
    const stopTimer = destroyAfter(socket, statementTimeout + resetTimeout, 'the statement took too long')
    const answer = unlessAborted(socket.closeSignal, connection.findName(botId))
    void answer
      .then(() => unlessAborted(socket.closeSignal, connection.reset()))
      .then(
        () => this.#release(member),
        () => this.#discard(member),
      )
      .finally(stopTimer)
    return answer
  }

  #release(member: Member): void {
    if (member.socket.destroyed) return
    const [next] = this.#waiting
    if (next) next.serve(member)
    else this.#idle.set(member, setTimeout(() => this.#discard(member), this.#limits.idleTimeout).unref())
  }

  #stopIdling(member: Member): void {
    clearTimeout(this.#idle.get(member))
    this.#idle.delete(member)
  }

  #discard(member: Member): void {
    this.#stopIdling(member)
    member.connection.end()
    member.socket.destroy()
  }
}

/** @returns a function that stops the timer */
function destroyAfter(socket: BoundedSocket, milliseconds: number, reason: string): () => void {
  const timer = setTimeout(() => socket.destroy(new Error(reason)), milliseconds).unref()
  return () => clearTimeout(timer)
}
