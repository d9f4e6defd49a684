import { fstatSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { reasonOf } from '../lib/errors.ts'
import { type Listener, type ListenOptions, listenTextFor } from './listen.ts'
import { ListenError } from './listen-error.ts'

/**
 * Listens on a socket that this process inherited. Closing it does not affect the process it comes from: the kernel keeps
 * accepting connections, for whichever process listens on it next.
 *
 * @throws ListenError if the descriptor is not a listening TCP socket
 */
export async function listenOnInherited(
  app: FastifyInstance,
  descriptor: number,
  onListening: ListenOptions['onListening'],
): Promise<Listener> {
  try {
    if (!fstatSync(descriptor).isSocket()) throw new Error('it is not a socket')
    // For a Unix socket that it did not open, Node.js has no address, and Fastify would crash.
    const address = app.server.address.bind(app.server)
    app.server.address = () => address() ?? 'a Unix socket'
    // Without a host, Fastify would listen on the other addresses of localhost as well. Its types lack fd.
    const options = { fd: descriptor, host: '0.0.0.0', listenTextResolver: listenTextFor(onListening) }
    await app.listen(options)
  } catch (cause) {
    throw notListening(descriptor, cause)
  }
  const address = app.server.address()
  if (address !== null && typeof address !== 'string') return { port: address.port, close: async () => {} }
  await app.close()
  throw notListening(descriptor, new Error('it is a Unix socket'))
}

function notListening(descriptor: number, cause: unknown): ListenError {
  return new ListenError(
    `LISTEN_FDS: file descriptor ${descriptor} is not a listening TCP socket (${reasonOf(cause)}). ` +
      'In the socket unit, set ListenStream= to a port or to an address with a port, and Accept=no.',
    { cause },
  )
}
