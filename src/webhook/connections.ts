import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Knows what each connection is owed: whom an error is about, and whom a shutdown must not cut. */
export class Connections {
  /** The exchanges that are not over, in their order. */
  readonly #sockets = new Map<Socket, Set<Exchange>>()

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#sockets.set(socket, new Set())
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** Takes note of a request, until it has come whole and is answered. */
  track(request: IncomingMessage, response: ServerResponse): void {
    const exchanges = this.#sockets.get(request.socket)
    const exchange = { request, response }
    exchanges?.add(exchange)
    const forget = () => {
      if (request.complete && response.writableFinished) exchanges?.delete(exchange)
    }
    response.once('finish', forget)
    request.once('end', forget)
  }

  /** @returns the exchanges on a connection that are not over, in their order */
  open(socket: Socket): Exchange[] {
    return [...(this.#sockets.get(socket) ?? [])]
  }

  /** Cuts whoever is silent, or has sent half of a head: nothing of theirs is being handled. */
  cutIdle(): void {
    for (const [socket, exchanges] of this.#sockets) {
      const isOwedAnswer = [...exchanges].some(({ response }) => !response.writableFinished)
      if (!isOwedAnswer) socket.destroy()
    }
  }
}
