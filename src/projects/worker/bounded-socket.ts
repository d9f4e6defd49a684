import { type LookupFunction, Socket } from 'node:net'
import { Duplex } from 'node:stream'

/**
 * A TCP connection that takes only so many bytes from the server: a legitimate answer has a few kilobytes, and the
 * drivers keep whatever comes. It counts what arrives from the network, so TLS runs on top of it, not underneath.
 *
 * Drivers treat it like a `net.Socket`. An error says why it ended; 'close' always follows.
 */
export class BoundedSocket extends Duplex {
  readonly #ended = new AbortController()
  readonly #socket = new Socket().setNoDelay().setKeepAlive(true)
  readonly #lookup: LookupFunction
  #maxBytes = 0
  #bytesLeft = 0

  constructor(lookup: LookupFunction) {
    super({ allowHalfOpen: false })
    this.#lookup = lookup
    // The drivers listen for 'close' too, and get the chance to say more about it first.
    this.once('close', () =>
      setImmediate(() => this.#ended.abort(this.errored ?? new Error('the connection was closed'))),
    )
    this.#socket.on('connect', () => this.emit('connect'))
    this.#socket.on('data', (chunk) => this.#receive(chunk))
    this.#socket.on('end', () => this.push(null))
    this.#socket.on('timeout', () => this.destroy(new Error(`the server was silent for ${this.#socket.timeout} ms`)))
    this.#socket.on('error', (error) => this.destroy(error))
    this.#socket.on('close', () => this.destroy())
  }

  /** Aborts when the connection has ended; the reason says why. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** Takes this many more bytes, from now on. */
  allow(maxBytes: number): void {
    this.#maxBytes = maxBytes
    this.#bytesLeft = maxBytes
  }

  /**
   * Ends the connection once nothing has moved on it for a while.
   *
   * @param milliseconds 0 for no limit
   */
  endAfterSilence(milliseconds: number): void {
    this.#socket.setTimeout(milliseconds)
  }

  connect(port: number, host: string): this {
    this.#socket.connect({
      port,
      host,
      lookup: this.#lookup,
      autoSelectFamily: true,
      // Node's 250 ms for each of a host's addresses can be less than one round trip to it.
      autoSelectFamilyAttemptTimeout: 500,
    })
    return this
  }

  /** Set for every connection; here for drivers that ask for it. */
  setNoDelay(): this {
    return this
  }

  /** Set for every connection; here for drivers that ask for it. */
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
    // TLS on top has the better reasons for an end that it caused, and gets the chance to tell them first.
    const finish = () => void setImmediate(done, error)
    if (this.#socket.closed) finish()
    else this.#socket.once('close', finish).destroy()
  }

  #receive(chunk: Buffer): void {
    this.#bytesLeft -= chunk.length
    if (this.#bytesLeft < 0) {
      this.destroy(new Error(`the server sent more than ${this.#maxBytes} bytes in one answer`))
    } else if (!this.push(chunk)) {
      this.#socket.pause()
    }
  }
}
