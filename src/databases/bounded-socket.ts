import { type LookupFunction, Socket } from 'node:net'
import { Duplex } from 'node:stream'

/**
 * A TCP connection that limits the bytes received from the server: a legitimate response has a few kilobytes, but the
 * drivers buffer without a limit. It counts bytes from the network, so TLS runs on top of it.
 *
 * Drivers use it like a `net.Socket`. 'error' gives the reason for the end of the connection; 'close' always follows.
 */
export class BoundedSocket extends Duplex {
  readonly #closed = new AbortController()
  readonly #socket = new Socket().setNoDelay().setKeepAlive(true)
  readonly #lookup: LookupFunction
  #maxBytes = 0
  #bytesLeft = 0

  constructor(lookup: LookupFunction) {
    super({ allowHalfOpen: false })
    this.#lookup = lookup
    // The drivers also listen for 'close', and can report a more specific reason first.
    this.once('close', () =>
      setImmediate(() => this.#closed.abort(this.errored ?? new Error('the connection was closed'))),
    )
    this.#socket.on('connect', () => this.emit('connect'))
    this.#socket.on('data', (chunk) => this.#receive(chunk))
    this.#socket.on('end', () => this.push(null))
    this.#socket.on('timeout', () => this.destroy(new Error(`no data from the server for ${this.#socket.timeout} ms`)))
    this.#socket.on('error', (error) => this.destroy(error))
    this.#socket.on('close', () => this.destroy())
  }

  /** Aborts when the connection has closed, with the reason for that. */
  get closeSignal(): AbortSignal {
    return this.#closed.signal
  }

  /** Limits the bytes received from now on. */
  limitBytes(maxBytes: number): void {
    this.#maxBytes = maxBytes
    this.#bytesLeft = maxBytes
  }

  /**
   * Closes the connection after it has been idle for this long.
   *
   * @param milliseconds 0 for no limit
   */
  setIdleTimeout(milliseconds: number): void {
    this.#socket.setTimeout(milliseconds)
  }

  connect(port: number, host: string): this {
    this.#socket.connect({
      port,
      host,
      lookup: this.#lookup,
      autoSelectFamily: true,
      // Node's default of 250 ms per address can be less than a round trip.
      autoSelectFamilyAttemptTimeout: 500,
    })
    return this
  }

  /** Always set; only for drivers that call it. */
  setNoDelay(): this {
    return this
  }

  /** Always set; only for drivers that call it. */
  setKeepAlive(): this {
    return this
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done)
  }

  override _final(done: () => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // If TLS on top caused this, it can report a more specific reason first.
    const finish = () => void setImmediate(done, error)
    if (this.#socket.closed) finish()
    else this.#socket.once('close', finish).destroy()
  }

  #receive(chunk: Buffer): void {
    this.#bytesLeft -= chunk.length
    if (this.#bytesLeft < 0) {
      this.destroy(new Error(`the server sent more than ${this.#maxBytes} bytes in one response`))
    } else if (!this.push(chunk)) {
      this.#socket.pause()
    }
  }
}
