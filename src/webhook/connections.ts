import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Knows each connection's latest request: whom an error is about, and whom a shutdown must not cut. */
export class Connections {
  readonly #sockets = new Map<Socket, Exchange | undefined>()

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#sockets.set(socket, undefined)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  began(request: IncomingMessage, response: ServerResponse): void {
    if (this.#sockets.has(request.socket)) this.#sockets.set(request.socket, { request, response })
  }

  latest(socket: Socket): Exchange | undefined {
    return this.#sockets.get(socket)
  }

  /** Cuts whoever is silent, or has sent half of a head: nothing of theirs is being handled. */
  cutIdle(): void {
    for (const [socket, exchange] of this.#sockets) {
      if (!exchange || exchange.response.writableFinished) socket.destroy()
    }
  }
}
