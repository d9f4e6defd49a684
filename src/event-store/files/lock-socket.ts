import { connect, createServer, type Server, type Socket } from 'node:net'
import { errorCode } from '../../lib/error-code.ts'

const ANSWER_TIMEOUT_MS = 2000

/** What the lock asks of Unix sockets. Passed in, so that tests can make it fail. */
export interface LockSockets {
  /** Listens on a path, and tells everyone who connects the identity. @throws the operating system's error */
  listen(path: string, identity: string): Promise<Server>
  connect(path: string): Socket
}

/** Who listens on a lock's path. `forbidden`: this process may not connect, so it cannot know. */
export type Holder =
  | { readonly state: 'none' }
  | { readonly state: 'forbidden' }
  /** The identity is unknown if the holder does not answer. */
  | { readonly state: 'live'; readonly identity: string | undefined }

export const unixSockets: LockSockets = { listen, connect: (path) => connect(path) }

/** Asks whoever listens on a path for its identity. */
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
    case 'ECONNREFUSED': // a socket whose process has died, or another kind of file
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
      // A client that stays connected must not delay the end of this process.
      socket.end(identity, () => socket.destroy())
    })
    server.unref()
    // Stays on: an error while accepting a connection must not end the process.
    server.on('error', reject)
    server.listen(path, () => resolve(server))
  })
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
