import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Tracks what each connection is owed: whom an error concerns, and whom a shutdown must not cut off. */
export class Connections {
  /** The exchanges that are not over, in their order. */
  readonly #sockets = new Map<Socket, Set<Exchange>>()

  /**
   * @param max connections at a time; one more is closed at once. `server.maxConnections` would count only those that
   *   the server accepted itself, not those handed to it (see listen.ts)
   * @param onDrop called for each connection closed for that reason
   */
  constructor(server: Server, max: number, onDrop: () => void) {
    server.on('connection', (socket: Socket) => {
      if (this.#sockets.size >= max) {
        socket.destroy()
        onDrop()
        return
      }
      this.#sockets.set(socket, new Set())
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** Notes a request until it has arrived completely and its answer is sent. */
  track(request: IncomingMessage, response: ServerResponse): void {
    const exchanges = this.#sockets.get(request.socket)
    const exchange = { request, response }
    exchanges?.add(exchange)
    response.once('finish', () => {
      if (request.complete) exchanges?.delete(exchange)
      else request.once('end', () => exchanges?.delete(exchange))
    })
  }

  /** Lets the answers still to be sent close their connections. */
  closeAfterAnswers(): void {
    for (const exchanges of this.#sockets.values()) {
      for (const { response } of exchanges) if (!response.headersSent) response.setHeader('connection', 'close')
    }
  }

  /** @returns the exchanges on a connection that are not over, in their order */
  open(socket: Socket): Exchange[] {
    return [...(this.#sockets.get(socket) ?? [])]
  }

  /** Closes connections that are idle or have sent half of a head: nothing of theirs is being handled. */
  closeIdle(): void {
    for (const [socket, exchanges] of this.#sockets) {
      const isOwedAnswer = [...exchanges].some(({ response }) => !response.writableFinished)
      if (!isOwedAnswer) socket.destroy()
    }
  }
}
