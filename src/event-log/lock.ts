import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { EventLogStartError, type Report } from './errors.ts'
import { errorCode, type FileOperations, unlinkIfPresent } from './file-operations.ts'

const LOCK_NAME = '.lock'
/** unix(7): sun_path holds 108 bytes with its NUL on Linux, 104 on macOS and the BSDs. */
const MAX_SOCKET_PATH_BYTES = 103
const ATTEMPTS = 5
const ANSWER_TIMEOUT_MS = 2000
/** Two starts can both find the lock of a dead process; after so long the one that lost sees that it has. */
const SETTLE_MS = 100

export interface Lock {
  release(): Promise<void>
}

/**
 * Sees that one process at a time writes to a folder: it listens on a Unix socket in it, which the kernel lets go
 * when the process dies, also across containers that share a volume.
 *
 * @returns the lock, or undefined where the file system has no sockets (reported as a warning)
 * @throws EventLogStartError if another live process holds the folder
 */
export async function lockDirectory(
  operations: FileOperations,
  directory: string,
  report: Report,
): Promise<Lock | undefined> {
  const path = join(directory, LOCK_NAME)
  // A path that is too long for a socket is reached through the open folder.
  const folder = await operations.open(directory, constants.O_RDONLY)
  const fits = Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES
  const address = fits ? path : `/proc/self/fd/${folder.fd}/${LOCK_NAME}`
  const holder: Holder = { operations, path, address }
  try {
    const server = await acquire(holder, directory)
    return {
      async release() {
        await new Promise((resolve) => server.close(resolve))
        await folder.close()
      },
    }
  } catch (error) {
    await folder.close()
    if (error instanceof EventLogStartError) throw error
    report({
      level: 'warn',
      file: LOCK_NAME,
      message: 'This file system has no lock for LOG_DIR. See to it that no second receiver writes there.',
      error,
    })
    return undefined
  }
}

interface Holder {
  readonly operations: FileOperations
  readonly path: string
  /** How the socket is reached: the path, or a shorter way to it. */
  readonly address: string
}

async function acquire({ operations, path, address }: Holder, directory: string): Promise<Server> {
  const identity = `${process.pid} ${randomUUID()}`
  let tookOver = false
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const server = await listen(address, identity)
    if (server) {
      // A server that lost its name is left open: closing it would remove the name of the one that won.
      if (!tookOver || (await isStillHeldBy(address, identity))) return server
    }
    const holder = await askHolder(address)
    if (holder !== undefined) {
      const [pid] = holder.split(' ')
      throw new EventLogStartError(
        `LOG_DIR: another receiver (process ${pid}) already writes to ${directory}. ` +
          'Stop it first, or give this one a LOG_DIR of its own.',
      )
    }
    await unlinkIfPresent(operations, path)
    tookOver = true
  }
  throw new EventLogStartError(`LOG_DIR: ${directory} is being locked by several starting receivers. Start one only.`)
}

/** @returns undefined if the name is taken, by a live process or a dead one */
function listen(address: string, identity: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.end(identity)
    })
    server.unref()
    server.once('error', (error) => (errorCode(error) === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen(address, () => resolve(server))
  })
}

async function isStillHeldBy(address: string, identity: string): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  return (await askHolder(address)) === identity
}

/** @returns the process id and name of whoever listens, "unknown" if it does not say, undefined if nobody listens */
function askHolder(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(address)
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
      socket.destroy()
      resolve('unknown')
    })
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      answer += text
    })
    socket.on('end', () => resolve(answer || 'unknown'))
    socket.on('error', (error) => {
      const nobodyListens = ['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(errorCode(error) ?? '')
      resolve(nobodyListens ? undefined : 'unknown')
    })
  })
}
