import type { Duplex } from 'node:stream'
import { Client, type ClientConfig } from 'pg'

/** What the driver calls to read from a socket. Its types do not tell of it. */
interface Reader {
  attachListeners(stream: Duplex): void
}

/** The driver's client, for a server that may say anything: whatever goes wrong is the failure of this connection alone. */
export class GuardedClient extends Client {
  constructor(config?: ClientConfig) {
    super(config)
    // Without a listener the event would end the process. A login that broke off in between learns of it so, too.
    this.on('error', (error) => this.connection.stream.destroy(error))
    this.#guardReading()
    this.#dropAtFailure()
  }

  /**
   * The driver's parser throws at a message that it does not know (a server that asks for Kerberos), and it does so in
   * the socket's listener, where nothing catches it. This is the one call that every socket comes through, the bare one
   * and the one in TLS, which the driver opens by itself: a `stream` of our own in its settings would miss that.
   */
  #guardReading(): void {
    const reader = this.connection as unknown as Reader
    const attach = reader.attachListeners.bind(reader)
    reader.attachListeners = (stream) => {
      attach(stream)
      for (const read of stream.listeners('data')) {
        stream.off('data', read as (data: Buffer) => void)
        stream.on('data', (data: Buffer) => {
          try {
            read.call(stream, data)
          } catch (error) {
            stream.destroy(error instanceof Error ? error : new Error(String(error)))
          }
        })
      }
    }
  }

  /**
   * The pool forgets a client whose login fails and leaves its socket to the server, which lets it wait for a minute:
   * each ticket would leave one more. An error of the connection is always its end; a server's message is so before the
   * login is through, and later that of a query.
   */
  #dropAtFailure(): void {
    const drop = () => void this.connection.stream.destroy()
    this.connection.on('error', drop)
    this.connection.on('errorMessage', drop)
    this.once('connect', () => this.connection.off('errorMessage', drop))
  }
}
