import { connect, createServer, type Server, type Socket } from 'node:net'
import { errorCode } from '../../lib/errors.ts'

const ANSWER_TIMEOUT_MS = 2000

/** The socket operations that the lock needs. They are passed in, so that tests can make them fail. */
export interface LockSockets {
  /** Listens on a path, and sends the identity to every client. @throws the operating system's error */
  listen(path: string, identity: string): Promise<Server>
  connect(path: string): Socket
}

/** Who listens on a lock's path. `forbidden` means that this process may not connect, so it is unknown. */
export type Holder =
  | { readonly state: 'none' }
  | { readonly state: 'forbidden' }
  /** The identity is undefined if the holder does not respond. */
  | { readonly state: 'live'; readonly identity: string | undefined }

export const unixSockets: LockSockets = { listen, connect: (path) => connect(path) }

/** Asks the process that listens on a path for its identity. */
export function askHolder(sockets: LockSockets, path: string): Promise<Holder> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = sockets.connect(path)
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
      socket.destroy()
      resolve({ state: 'live', identity: undefined })
    })
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      answer += text
    })
    socket.on('end', () => resolve({ state: 'live', identity: answer || undefined }))
    socket.on('error', (error) => resolve(holderAfter(error)))
  })
}

function holderAfter(error: Error): Holder {
  switch (errorCode(error)) {
    case 'ECONNREFUSED': // the socket of a dead process, or another kind of file
    case 'ENOENT':
    case 'ENOTSOCK':
      return { state: 'none' }
    case 'EACCES':
    case 'EPERM':
      return { state: 'forbidden' }
    default:
      return { state: 'live', identity: undefined }
  }
}

function listen(path: string, identity: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      // A client that stays connected must not keep this process from exiting.
      socket.end(identity, () => socket.destroy())
    })
    server.unref()
    // This listener stays: an error while accepting a connection must not crash the process.
    server.on('error', reject)
    server.listen(path, () => resolve(server))
  })
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
