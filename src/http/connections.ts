import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/**
 * Tracks the open exchanges of each connection, to know which request an error belongs to, and which connections a
 * shutdown must not close yet.
 */
export class Connections {
  #isClosing = false
  /** Exchanges that have not completed, in order. */
  readonly #sockets = new Map<Socket, Set<Exchange>>()
  #finished = 0

  /**
   * @param max concurrent connections; any more are closed immediately. `server.maxConnections` would count only those
   *   that the server accepted itself, not those passed to it (see listen.ts)
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
    if (server instanceof TlsServer) this.#followHandshakes(server)
  }

  /** Requests arrive on a TLS socket, which takes the place of the TCP socket that it runs on. */
  #followHandshakes(server: TlsServer): void {
    const handshakes = new Map<string, Socket>()
    server.on('connection', (socket: Socket) => {
      const key = addressesOf(socket)
      handshakes.set(key, socket)
      socket.once('close', () => handshakes.get(key) === socket && handshakes.delete(key))
    })
    server.on('secureConnection', (socket) => {
      const underlying = handshakes.get(addressesOf(socket))
      if (!underlying || !this.#sockets.delete(underlying)) return
      this.#sockets.set(socket, new Set())
      // Destroying the TLS socket closes both.
      underlying.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** Tracks an exchange until the request has been received completely and its response sent. */
  track(request: IncomingMessage, response: ServerResponse): void {
    if (this.#isClosing) response.setHeader('connection', 'close')
    const exchanges = this.#sockets.get(request.socket)
    const exchange = { request, response }
    exchanges?.add(exchange)
    response.once('finish', () => {
      this.#finished++
      if (request.complete) exchanges?.delete(exchange)
      else request.once('end', () => exchanges?.delete(exchange))
    })
  }

  /** How many responses have been sent completely. */
  get finished(): number {
    return this.#finished
  }

  /** How many requests have not been answered completely. */
  get pending(): number {
    const exchanges = [...this.#sockets.values()].flatMap((open) => [...open])
    return exchanges.filter(isPending).length
  }

  /** From now on, every response closes its connection. */
  closeAfterResponses(): void {
    this.#isClosing = true
    for (const exchanges of this.#sockets.values()) {
      for (const { response } of exchanges) if (!response.headersSent) response.setHeader('connection', 'close')
    }
  }

  /** @returns the exchanges on a connection that have not completed, in order */
  open(socket: Socket): Exchange[] {
    return [...(this.#sockets.get(socket) ?? [])]
  }

  /** Closes connections that are idle or have sent only part of the headers, so that no response is pending. */
  closeIdle(): void {
    for (const [socket, exchanges] of this.#sockets) {
      if (![...exchanges].some(isPending)) socket.destroy()
    }
  }
}

function isPending({ response }: Exchange): boolean {
  return !response.writableFinished
}

/** Identifies a connection: Node.js has no way from a TLS socket to the TCP socket below it. */
function addressesOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`
}
