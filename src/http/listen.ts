import { promises as dns, type LookupAddress } from 'node:dns'
import { type AddressInfo, createServer, type Server } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { errorCode } from '../lib/errors.ts'
import { explainListenError, type ListenSettings } from './listen-error.ts'

/** Port 0 lets the operating system choose. */
export interface ListenOptions extends ListenSettings {
  /** Called for each address, with its URL without a path. */
  readonly onListening: (url: string) => void
}

export interface Listener {
  readonly port: number
  /** Stops accepting connections on the additional addresses. Resolves once their connections are closed. */
  close(): Promise<void>
}

export type Lookup = (host: string) => Promise<readonly LookupAddress[]>

const lookupAll: Lookup = (host) => dns.lookup(host, { all: true })

/**
 * Listens on every address of a host name with a single HTTP server. For the second address of "localhost", Fastify
 * would create another server, without the listeners and limits of the first.
 *
 * @throws ListenError, after closing every address
 */
export async function listen(app: FastifyInstance, options: ListenOptions, lookup = lookupAll): Promise<Listener> {
  try {
    return await listenOnAll(app, options, lookup)
  } catch (error) {
    throw explainListenError(error, options)
  }
}

async function listenOnAll(app: FastifyInstance, options: ListenOptions, lookup: Lookup): Promise<Listener> {
  const addresses = new Set((await lookup(options.host)).map(({ address }) => address))
  const [first = options.host, ...others] = addresses
  await app.listen({ host: first, port: options.port, listenTextResolver: listenTextFor(options.onListening) })
  const { port } = app.server.address() as AddressInfo
  const listeners: Server[] = []
  const close = async () => {
    await Promise.all(listeners.map((listener) => new Promise((resolve) => listener.close(resolve))))
  }
  try {
    for (const address of others) {
      const listener = await openListener(app, address, port)
      if (!listener) continue
      listeners.push(listener)
      const scheme = app.initialConfig.https ? 'https' : 'http'
      options.onListening(`${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`)
    }
  } catch (error) {
    await Promise.all([close(), app.close()])
    throw error
  }
  return { port, close }
}

/** Fastify's log is off, but through the text for it, Fastify also tells the addresses behind 0.0.0.0. */
export function listenTextFor(onListening: ListenOptions['onListening']): (url: string) => string {
  return (url) => {
    onListening(url)
    return url
  }
}

/**
 * Accepts connections on an additional address and passes them to the HTTP server, as its documentation allows
 * (https://nodejs.org/api/http.html#event-connection).
 *
 * @returns undefined if this machine does not have the address, such as ::1 in a container without IPv6
 * @throws the operating system's error
 */
function openListener(app: FastifyInstance, address: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    // The same options as http.Server uses.
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      app.server.emit('connection', socket),
    )
    listener.once('error', (error) => (errorCode(error) === 'EADDRNOTAVAIL' ? resolve(undefined) : reject(error)))
    listener.listen({ host: address, port }, () => resolve(listener))
  })
}
