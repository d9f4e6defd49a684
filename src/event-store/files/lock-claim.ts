import { randomBytes } from 'node:crypto'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { errorCode } from '../../lib/errors.ts'
import type { FileOperations, OpenFile } from './file-operations.ts'
import { askHolder, closeServer, type Holder, type LockSockets } from './lock-socket.ts'

export const LOCK_NAME = '.lock'
/** unix(7): sun_path has 108 bytes, including a NUL, on Linux, and 104 on macOS and the BSDs. */
const MAX_SOCKET_PATH_BYTES = 103
/** The errors of bind(2) on a file system that does not support sockets. */
const NO_SOCKETS: ReadonlySet<string | undefined> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EINVAL', 'ENOSYS'])

/** The file system of the directory does not support Unix sockets. */
export class NoSocketsError extends Error {}

/** One process's claim to the lock of a directory. */
export interface Claim {
  readonly operations: FileOperations
  readonly sockets: LockSockets
  readonly directory: string
  /** The directory, open for as long as the lock is used. */
  readonly handle: OpenFile
  /** Unique to this claim: the process id and a random UUID. */
  readonly identity: string
}

/**
 * Takes the lock if its name is free: listens under a temporary name, then renames the socket to the lock's name.
 * `net.Server.close` unlinks the path it was listening on (in libuv), even if another process owns it by then, so the
 * server must never listen on the lock's path itself.
 *
 * @returns undefined if the name is taken, by a running process or a dead one
 * @throws NoSocketsError if the file system does not support sockets; otherwise the operating system's error
 */
export async function takeLock(claim: Claim): Promise<Server | undefined> {
  const name = `${LOCK_NAME}-${randomBytes(4).toString('hex')}`
  const server = await listen(claim, name)
  let isTaken = false
  try {
    isTaken = await renameIfFree(claim.operations, join(claim.directory, name), lockPath(claim))
  } finally {
    if (!isTaken) await closeServer(server)
  }
  return isTaken ? server : undefined
}

/** Finds out who holds the lock now. */
export function lockHolder(claim: Claim): Promise<Holder> {
  return askHolder(claim.sockets, socketPath(claim, LOCK_NAME))
}

export async function isHeldBy(claim: Claim): Promise<boolean> {
  const holder = await lockHolder(claim)
  return holder.state === 'live' && holder.identity === claim.identity
}

export function lockPath({ directory }: Claim): string {
  return join(directory, LOCK_NAME)
}

/** A path that is too long for a socket is accessed through the open directory (proc(5)). */
function socketPath({ directory, handle }: Claim, name: string): string {
  const path = join(directory, name)
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES ? path : `/proc/self/fd/${handle.fd}/${name}`
}

async function listen(claim: Claim, name: string): Promise<Server> {
  try {
    return await claim.sockets.listen(socketPath(claim, name), claim.identity)
  } catch (error) {
    throw NO_SOCKETS.has(errorCode(error)) ? new NoSocketsError('no Unix sockets', { cause: error }) : error
  }
}

/** @returns whether the new name was free */
async function renameIfFree(operations: FileOperations, from: string, to: string): Promise<boolean> {
  try {
    await operations.link(from, to)
  } catch (error) {
    if (errorCode(error) === 'EEXIST' || (await exists(operations, to))) return false
    // The file system has no hard links. Two processes that start together may both get here; the last one wins.
    await operations.rename(from, to)
    return true
  }
  await operations.unlink(from)
  return true
}

async function exists(operations: FileOperations, path: string): Promise<boolean> {
  try {
    await operations.stat(path)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}
