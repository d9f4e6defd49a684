import { constants } from 'node:fs'
import { dirname, join } from 'node:path'
import { errorCode } from '../error-code.ts'
import { EventLogStartError } from './errors.ts'
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
 * Makes the folder of the log files if it is absent, and sees that files can be made in it.
 *
 * @throws EventLogStartError that says what is wrong with the folder and how to mend it
 */
export async function prepareDirectory(operations: FileOperations, directory: string): Promise<void> {
  try {
    const made = await operations.mkdir(directory, { recursive: true, mode: DIRECTORY_MODE })
    if (made !== undefined) await syncDirectory(operations, dirname(directory))
    await tryDirectory(operations, directory, false)
  } catch (error) {
    throw new EventLogStartError(await explain(operations, directory, error), { cause: error })
  }
}

/** Writes a file into the folder and removes it. @throws the operating system's error */
export async function tryDirectory(operations: FileOperations, directory: string, fsync: boolean): Promise<void> {
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

/** Turns an error on a path in the log folder into advice. */
export async function explain(operations: FileOperations, path: string, error: unknown): Promise<string> {
  switch (errorCode(error)) {
    case 'EEXIST':
    case 'ENOTDIR':
      return `LOG_DIR: ${path} is a file, or lies below one. Set LOG_DIR to a folder.`
    case 'EROFS':
      return `LOG_DIR: ${path} is on a read-only file system. Mount it writable, or set LOG_DIR to another folder.`
    case 'ENOSPC':
    case 'EDQUOT':
      return `LOG_DIR: no space is left for ${path}. Make room, or set LOG_DIR to another folder.`
    case 'EACCES':
    case 'EPERM':
      return explainOwner(operations, path)
    default:
      return `LOG_DIR: ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function explainOwner(operations: FileOperations, path: string): Promise<string> {
  const uid = process.getuid?.()
  const owner = await operations.stat(path).catch(() => undefined)
  if (!owner) return `LOG_DIR: ${path} cannot be made: this process, uid ${uid}, may not write in its parent folder.`
  return (
    `LOG_DIR: ${path} belongs to uid ${owner.uid}, and this process, uid ${uid}, cannot write to it. ` +
    `Mend it with: sudo chown -R ${uid}:${process.getgid?.()} ${path}`
  )
}
