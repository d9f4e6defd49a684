import { constants } from 'node:fs'
import { dirname, join } from 'node:path'
import { errorCode, explainSystemError } from '../../lib/errors.ts'
import { StoreStartError } from '../event-store.ts'
import {
  DIRECTORY_MODE,
  FILE_MODE,
  type FileOperations,
  syncDirectory,
  unlinkIfPresent,
  writeAll,
} from './file-operations.ts'

const PROBE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC
const PROBE_BYTES = Buffer.alloc(4096)

/**
 * Creates the log directory if it does not exist, and checks that files can be created in it.
 *
 * @throws StoreStartError that says what is wrong with the directory, and how to fix it
 */
export async function prepareDirectory(operations: FileOperations, directory: string): Promise<void> {
  try {
    const firstCreated = await operations.mkdir(directory, { recursive: true, mode: DIRECTORY_MODE })
    if (firstCreated !== undefined) await syncParents(operations, directory, firstCreated)
    await probeDirectory(operations, directory, false)
  } catch (error) {
    throw new StoreStartError(await explainPathError(operations, directory, error), { cause: error })
  }
}

/**
 * Syncs the parent of every directory that was created, because that is where its name is stored. The paths are not
 * resolved, because only the kernel knows what `..` after a symbolic link refers to.
 */
async function syncParents(operations: FileOperations, directory: string, firstCreated: string): Promise<void> {
  let parent = directory
  do {
    parent = dirname(parent)
    await syncDirectory(operations, parent)
  } while (parent.startsWith(firstCreated))
}

/** Writes a file to the directory and removes it again. @throws the operating system's error */
export async function probeDirectory(operations: FileOperations, directory: string, fsync: boolean): Promise<void> {
  const path = join(directory, '.probe')
  const handle = await operations.open(path, PROBE_FLAGS, FILE_MODE)
  try {
    await writeAll(handle, PROBE_BYTES, 0)
    if (fsync) await handle.datasync()
  } finally {
    await handle.close()
    await unlinkIfPresent(operations, path)
  }
}

/** Explains an error on a path in the log directory, and how to fix it. */
export async function explainPathError(operations: FileOperations, path: string, error: unknown): Promise<string> {
  if (['EACCES', 'EPERM'].includes(errorCode(error) ?? '')) return explainOwner(operations, path)
  const notADirectory = `LOG_DIR: ${path} is a file, or is inside one. Set LOG_DIR to a directory.`
  const noSpace = `LOG_DIR: no space left for ${path}. Free some space, or set LOG_DIR to another directory.`
  const sentences = {
    EEXIST: notADirectory,
    ENOTDIR: notADirectory,
    EROFS: `LOG_DIR: ${path} is on a read-only file system. Mount it writable, or set LOG_DIR to another directory.`,
    ENOSPC: noSpace,
    EDQUOT: noSpace,
  }
  return explainSystemError(error, sentences, (reason) => `LOG_DIR: ${path} cannot be used: ${reason}`)
}

async function explainOwner(operations: FileOperations, path: string): Promise<string> {
  const uid = process.getuid?.()
  const owner = await operations.stat(path).catch(() => undefined)
  if (!owner)
    return `LOG_DIR: ${path} cannot be created: this process, uid ${uid}, may not write to its parent directory.`
  return (
    `LOG_DIR: ${path} belongs to uid ${owner.uid}, and this process, uid ${uid}, cannot write to it. ` +
    `Fix it with: sudo chown -R ${uid}:${process.getgid?.()} ${path}`
  )
}
