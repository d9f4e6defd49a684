import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** How appends fail: rejected by a full disk or by a former primary, or stored without an answer. */
export type Failure = 'full' | 'lost' | 'read-only'

/** Occurs in an append and in no other statement. */
const APPEND = 'UPDATE event_head'
const ERRORS = {
  full: errorResponse('53100', 'could not extend file: No space left on device'),
  'read-only': errorResponse('25006', 'cannot execute UPDATE in a read-only transaction'),
}

/** Stands between a store and its server, and makes appends fail or hang. Everything else passes. */
export class AppendProxy {
  failure: Failure | undefined
  readonly port: number
  readonly #appending = new Set<Socket>()
  readonly #others = new Set<Socket>()
  #hold: { readonly release: Promise<void>; readonly onHeld: () => void } | undefined

  private constructor(port: number) {
    this.port = port
  }

  static async start(serverPort: number): Promise<AppendProxy> {
    const listener = createServer((client) => proxy.#relay(client, connect(serverPort, '127.0.0.1')))
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const proxy = new AppendProxy((listener.address() as AddressInfo).port)
    onTestFinished(() => {
      for (const socket of [...proxy.#appending, ...proxy.#others]) socket.destroy()
      listener.close()
    })
    return proxy
  }

  /** Holds the next append until it is released. */
  hold(): { readonly holding: () => Promise<void>; readonly release: () => void } {
    let release = () => {}
    let onHeld = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const held = new Promise<void>((resolve) => {
      onHeld = resolve
    })
    this.#hold = { release: released, onHeld }
    return { holding: () => held, release: () => release() }
  }

  /** Breaks the connections that have not been used to append. */
  cutReaders(): void {
    for (const socket of this.#others) socket.destroy()
  }

  #relay(client: Socket, server: Socket): void {
    this.#others.add(client)
    let isAnswerLost = false
    let passing = Promise.resolve()
    client.on('data', (data) => {
      if (data.includes(APPEND)) {
        this.#others.delete(client)
        this.#appending.add(client)
        const hold = this.#hold
        this.#hold = undefined
        hold?.onHeld()
        passing = passing.then(() => hold?.release)
        if (this.failure === 'lost') isAnswerLost = true
        else if (this.failure) return void client.write(ERRORS[this.failure])
      }
      passing = passing.then(() => void (server.writable && server.write(data)))
    })
    server.on('data', (data) => {
      if (isAnswerLost) client.destroy()
      else if (client.writable) client.write(data)
    })
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.setNoDelay()
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#others.delete(socket)
        this.#appending.delete(socket)
        other.destroy()
      })
    }
  }
}

/** An ErrorResponse, then ReadyForQuery: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function errorResponse(code: string, message: string): Buffer {
  const fields = Buffer.from(`SERROR\0VERROR\0C${code}\0M${message}\0\0`)
  return Buffer.concat([header('E', fields.length), fields, header('Z', 1), Buffer.from('I')])
}

function header(type: string, length: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.write(type)
  bytes.writeInt32BE(length + 4, 1)
  return bytes
}
