import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { errorCode } from '../error-code.ts'
import { EventLogStartError, type Report } from './errors.ts'
import { type FileOperations, unlinkIfPresent } from './file-operations.ts'

const LOCK_NAME = '.lock'
/** unix(7): sun_path holds 108 bytes with its NUL on Linux, 104 on macOS and the BSDs. */
const MAX_SOCKET_PATH_BYTES = 103
const ATTEMPTS = 5
const ANSWER_TIMEOUT_MS = 2000
/** Two starts can both find the lock of a dead process; after so long the one that lost sees that it has. */
const SETTLE_MS = 100
/** How often the holder sees whether it still is one. */
const WATCH_MS = 1000
/** What bind(2) says where a file system has no sockets. */
const NO_SOCKETS: ReadonlySet<string | undefined> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EINVAL', 'ENOSYS'])

export interface Lock {
  release(): Promise<void>
}

interface LockPath {
  readonly operations: FileOperations
  readonly directory: string
  readonly path: string
  /** How the socket is reached: the path, or a shorter way to it. */
  readonly address: string
  readonly identity: string
  readonly listen: typeof listenOn
}

/**
 * Sees that one process at a time writes to a folder: it listens on a Unix socket in it, which the kernel lets go
 * when the process dies, also across containers that share a volume.
 *
 * @param report hears, as fatal, that another process has taken the folder over
 * @returns the lock, or undefined where the file system has no sockets (reported as a warning)
 * @throws EventLogStartError if another live process holds the folder, or it cannot be locked
 */
export async function lockDirectory(
  operations: FileOperations,
  directory: string,
  report: Report,
  listen = listenOn,
): Promise<Lock | undefined> {
  const path = join(directory, LOCK_NAME)
  // A path that is too long for a socket is reached through the open folder.
  const folder = await operations.open(directory, constants.O_RDONLY)
  const fits = Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES
  const address = fits ? path : `/proc/self/fd/${folder.fd}/${LOCK_NAME}`
  const lockPath = { operations, directory, path, address, identity: `${process.pid} ${randomUUID()}`, listen }
  try {
    const server = await acquire(lockPath)
    const stopWatching = watch(lockPath, report)
    return {
      async release() {
        stopWatching()
        await new Promise((resolve) => server.close(resolve))
        await folder.close()
      },
    }
  } catch (error) {
    await folder.close()
    if (error instanceof EventLogStartError) throw error
    if (!NO_SOCKETS.has(errorCode(error))) {
      const reason = error instanceof Error ? error.message : error
      throw new EventLogStartError(`LOG_DIR: ${directory} cannot be locked: ${reason}. Remove ${path} if it is there.`)
    }
    const message = 'This file system has no lock for LOG_DIR. See to it that no second receiver writes there.'
    report({ level: 'warn', file: LOCK_NAME, message, error })
    return undefined
  }
}

async function acquire(lockPath: LockPath): Promise<Server> {
  const { operations, directory, path, address, identity, listen } = lockPath
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const server = await listen(address, identity)
    if (server) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
      // A server that lost its name is left open: closing it would remove the name of the one that won.
      if ((await askHolder(address)) === identity) return server
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
  }
  throw new EventLogStartError(`LOG_DIR: ${directory} is being locked by several starting receivers. Start one only.`)
}

/** Sees now and then whether the lock is still this one's: a start that was held up can have taken it for a dead one. */
function watch({ address, identity, listen }: LockPath, report: Report): () => void {
  let busy = false
  const timer = setInterval(async () => {
    if (busy) return
    busy = true
    const holder = await askHolder(address)
    // Somebody removed it: it is made anew.
    if (holder === undefined) await listen(address, identity).catch(() => {})
    else if (holder !== identity && holder !== UNKNOWN) {
      clearInterval(timer)
      const message = 'Another receiver has taken LOG_DIR over. This one ends, so that two do not write there.'
      report({ level: 'fatal', file: LOCK_NAME, message })
    }
    busy = false
  }, WATCH_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/** @returns undefined if the name is taken, by a live process or a dead one */
function listenOn(address: string, identity: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      // Whoever asked and stays connected must not hold the end up.
      socket.end(identity, () => socket.destroy())
    })
    server.unref()
    server.once('error', (error) => (errorCode(error) === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen(address, () => resolve(server))
  })
}

const UNKNOWN = 'unknown'

/** @returns the process id and name of whoever listens, "unknown" if it does not say, undefined if nobody listens */
function askHolder(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(address)
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
      socket.destroy()
      resolve(UNKNOWN)
    })
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      answer += text
    })
    socket.on('end', () => resolve(answer || UNKNOWN))
    socket.on('error', (error) => {
      const nobodyListens = ['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(errorCode(error) ?? '')
      resolve(nobodyListens ? undefined : UNKNOWN)
    })
  })
}
