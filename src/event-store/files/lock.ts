import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import type { Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Telemetry } from '../../telemetry.ts'
import { StoreStartError } from '../event-store.ts'
import { type FileOperations, unlinkIfPresent } from './file-operations.ts'
import { type Claim, isHeldBy, LOCK_NAME, lockHolder, lockPath, NoSocketsError, takeLock } from './lock-claim.ts'
import { closeServer, type LockSockets, unixSockets } from './lock-socket.ts'

const ATTEMPTS = 5
/** Two processes may take over the same dead lock. After this time, the one that lost it notices. */
const SETTLE_MS = 100
/** How often the holder checks that it still owns the lock. */
const WATCH_MS = 1000

export interface Lock {
  release(): Promise<void>
}

/**
 * Ensures that only one process at a time writes to a directory. The process listens on a Unix socket in the directory:
 * the kernel closes it when the process dies, and it works across containers that share a volume.
 *
 * @returns the lock, which protects nothing if the file system does not support sockets (emitted as `lockUnsupported`)
 * @throws StoreStartError if another process holds the lock, or the directory cannot be locked
 */
export async function lockDirectory(
  operations: FileOperations,
  directory: string,
  telemetry: Telemetry,
  sockets: LockSockets = unixSockets,
): Promise<Lock> {
  const handle = await operations.open(directory, constants.O_RDONLY)
  const claim = { operations, sockets, directory, handle, identity: `${process.pid} ${randomUUID()}` }
  try {
    return new SocketLock(claim, await acquire(claim), telemetry)
  } catch (error) {
    await handle.close()
    if (!(error instanceof NoSocketsError)) throw startError(claim, error)
    telemetry.emit('lockUnsupported', { file: LOCK_NAME, error: error.cause })
    return { release: async () => {} }
  }
}

async function acquire(claim: Claim): Promise<Server> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const server = await takeLock(claim)
    if (server) {
      await sleep(SETTLE_MS)
      if (await isHeldBy(claim)) return server
      await closeServer(server)
    }
    await throwIfHeld(claim)
    await unlinkIfPresent(claim.operations, lockPath(claim))
  }
  throw new StoreStartError(
    `LOG_DIR: several receivers are trying to lock ${claim.directory} at the same time. Start only one.`,
  )
}

async function throwIfHeld(claim: Claim): Promise<void> {
  const holder = await lockHolder(claim)
  if (holder.state === 'forbidden') throw new StoreStartError(await explainForbidden(claim))
  if (holder.state === 'live') {
    const pid = holder.identity?.split(' ')[0] ?? 'unknown'
    throw new StoreStartError(
      `LOG_DIR: another receiver (process ${pid}) already writes to ${claim.directory}. ` +
        'Stop it first, or set LOG_DIR to another directory.',
    )
  }
}

async function explainForbidden(claim: Claim): Promise<string> {
  const path = lockPath(claim)
  const owner = await claim.operations.stat(path).then(
    ({ uid }) => `uid ${uid}`,
    () => 'another user',
  )
  return (
    `LOG_DIR: the lock ${path} belongs to ${owner}, and this process, uid ${process.getuid?.()}, may not connect to it ` +
    'to find out whether that receiver is still running. If one is, stop it first, or set LOG_DIR to another directory. ' +
    `If none is, the lock is left over from a receiver that was killed: remove it with: sudo rm ${path}`
  )
}

function startError(claim: Claim, error: unknown): StoreStartError {
  if (error instanceof StoreStartError) return error
  const reason = error instanceof Error ? error.message : error
  const message = `LOG_DIR: ${claim.directory} cannot be locked: ${reason}. Remove ${lockPath(claim)} if it exists.`
  return new StoreStartError(message, { cause: error })
}

class SocketLock implements Lock {
  readonly #claim: Claim
  readonly #telemetry: Telemetry
  readonly #timer: NodeJS.Timeout
  #server: Server
  #check: Promise<void> | undefined

  constructor(claim: Claim, server: Server, telemetry: Telemetry) {
    this.#claim = claim
    this.#server = server
    this.#telemetry = telemetry
    this.#timer = setInterval(() => {
      this.#check ??= this.#checkOwner().finally(() => {
        this.#check = undefined
      })
    }, WATCH_MS)
    this.#timer.unref()
  }

  /**
   * Removes the lock if this process still owns it. A process that takes it over between the check and the unlink
   * (possible only if somebody deleted the file by hand) loses the file, and creates it again at its next check.
   */
  async release(): Promise<void> {
    clearInterval(this.#timer)
    await this.#check
    if (await isHeldBy(this.#claim)) {
      // A leftover lock does no harm: the next receiver finds that nobody is listening on it.
      await this.#claim.operations.unlink(lockPath(this.#claim)).catch(() => {})
    }
    await closeServer(this.#server)
    await this.#claim.handle.close()
  }

  /** A process that was delayed during startup may have mistaken this lock for a dead one. */
  async #checkOwner(): Promise<void> {
    const holder = await lockHolder(this.#claim)
    if (holder.state === 'none') return this.#takeAgain()
    const identity = holder.state === 'live' ? holder.identity : undefined
    if (identity === undefined || identity === this.#claim.identity) return
    clearInterval(this.#timer)
    this.#telemetry.emit('lockLost', { file: LOCK_NAME })
  }

  /** Called when somebody has deleted the lock. */
  async #takeAgain(): Promise<void> {
    const server = await takeLock(this.#claim).catch(() => undefined)
    if (!server) return
    await closeServer(this.#server)
    this.#server = server
  }
}
