import { unlessAborted } from '../../lib/unless-aborted.ts'
import type { BoundedSocket } from './bounded-socket.ts'

/** A connection on which the user is logged in. */
export interface Connection {
  /**
   * @returns the name of the bot's project; undefined if there is no such bot, or the name is empty
   * @throws what the driver throws; the connection must not be used again then
   */
  findName(botId: string): Promise<string | undefined>
  /** Makes the connection ready for the next lookup. @throws like findName */
  settle(): Promise<void>
  /** Says goodbye to the server, without waiting for it. */
  end(): void
}

/** Connects the socket and logs in over it. @throws what the driver throws */
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
 * A few connections to one server, for lookups that may be called off. Such a lookup leaves its connection to the next
 * one: a login goes on for a while, because over a slow line no single lookup lasts long enough to see it through; and a
 * statement keeps its place until the server has ended it, so that the server never runs more of them than there are
 * connections. A connection on which anything went wrong is not used again.
 */
export class ConnectionPool {
  readonly #createSocket: () => BoundedSocket
  readonly #logIn: LogIn
  readonly #limits: ConnectionLimits
  /** Of all connections, those being opened included. */
  readonly #sockets = new Set<BoundedSocket>()
  readonly #idle = new Map<Member, NodeJS.Timeout>()
  readonly #waiting = new Set<Waiter>()
  #logins = 0

  constructor(createSocket: () => BoundedSocket, logIn: LogIn, limits: ConnectionLimits) {
    this.#createSocket = createSocket
    this.#logIn = logIn
    this.#limits = limits
  }

  /** @throws what the driver throws, and the signal's reason */
  async findName(botId: string, signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted()
    const member = await this.#take(signal)
    if (signal.aborted) this.#release(member)
    signal.throwIfAborted()
    return unlessAborted(signal, this.#ask(member, botId))
  }

  /** Says goodbye where nothing is going on, and drops the other connections. */
  close(): void {
    for (const member of this.#idle.keys()) this.#retire(member)
    for (const socket of this.#sockets) socket.destroy()
  }

  #take(signal: AbortSignal): Promise<Member> {
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

  /** Whoever is first in line gets the connection. Only the waiter that the login was started for fails with it. */
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
    socket.allow(maxResponseBytes)
    socket.endAfterSilence(loginIdleTimeout)
    const stopTimer = destroyAfter(socket, loginTimeout, 'the login took too long')
    try {
      const connection = await unlessAborted(socket.ended, this.#logIn(socket))
      const member = { socket, connection }
      socket.once('close', () => this.#stopIdling(member))
      socket.endAfterSilence(0)
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

  /** The answer is there before the connection is ready again, and the connection goes on if nobody waits for it. */
  #ask(member: Member, botId: string): Promise<string | undefined> {
    const { socket, connection } = member
    const { statementTimeout, resetTimeout, maxResponseBytes } = this.#limits
    socket.allow(maxResponseBytes)
    const stopTimer = destroyAfter(socket, statementTimeout + resetTimeout, 'the statement took too long')
    const answer = unlessAborted(socket.ended, connection.findName(botId))
    void answer
      .then(() => unlessAborted(socket.ended, connection.settle()))
      .then(
        () => this.#release(member),
        () => this.#retire(member),
      )
      .finally(stopTimer)
    return answer
  }

  #release(member: Member): void {
    if (member.socket.destroyed) return
    const [next] = this.#waiting
    if (next) next.serve(member)
    else this.#idle.set(member, setTimeout(() => this.#retire(member), this.#limits.idleTimeout).unref())
  }

  #stopIdling(member: Member): void {
    clearTimeout(this.#idle.get(member))
    this.#idle.delete(member)
  }

  #retire(member: Member): void {
    this.#stopIdling(member)
    member.connection.end()
    member.socket.destroy()
  }
}

/** @returns what stops the timer */
function destroyAfter(socket: BoundedSocket, milliseconds: number, reason: string): () => void {
  const timer = setTimeout(() => socket.destroy(new Error(reason)), milliseconds).unref()
  return () => clearTimeout(timer)
}
