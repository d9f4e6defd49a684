import { constants, type Stats } from 'node:fs'
import { type FileHandle, link, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { errorCode } from '../../lib/errors.ts'

/** The operations on an open file that the event store needs. */
export type OpenFile = Pick<
  FileHandle,
  'fd' | 'read' | 'write' | 'datasync' | 'sync' | 'stat' | 'truncate' | 'utimes' | 'close'
>

/** The file system operations that the event store needs. They are passed in, so that tests can make them fail. */
export interface FileOperations {
  open(path: string, flags: number, mode?: number): Promise<OpenFile>
  stat: (path: string) => Promise<Stats>
  /** @returns the first directory that was created, if any was */
  mkdir: (path: string, options: { recursive: true; mode: number }) => Promise<string | undefined>
  unlink: (path: string) => Promise<void>
  link: (existing: string, added: string) => Promise<void>
  rename: (from: string, to: string) => Promise<void>
  /** @returns the names in a directory */
  readdir: (path: string) => Promise<string[]>
}

export const nodeFileOperations: FileOperations = {
  open,
  stat: (path) => stat(path),
  mkdir,
  unlink,
  link,
  rename,
  readdir: (path) => readdir(path),
}

/** Only the owner and the group may read log files. */
export const FILE_MODE = 0o640
export const DIRECTORY_MODE = 0o750

/** Opens or creates a file, uses it and closes it. @throws the operating system's error, and what `use` throws */
export async function withFile<T>(
  operations: FileOperations,
  path: string,
  flags: number,
  use: (handle: OpenFile) => Promise<T>,
): Promise<T> {
  const handle = await operations.open(path, flags, FILE_MODE)
  try {
    return await use(handle)
  } finally {
    await handle.close()
  }
}

/** Reads this many bytes, or fewer if the file ends before. @throws the operating system's error */
export async function readUpTo(handle: OpenFile, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

const CHUNK_BYTES = 1 << 16

/** Reads a file from its beginning to its end, in chunks. @throws the operating system's error */
export async function* readChunks(handle: OpenFile): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const chunk = await readUpTo(handle, position, CHUNK_BYTES)
    if (chunk.length === 0) return
    yield chunk
    position += chunk.length
  }
}

/** Writes all bytes at a position, continuing after short writes. @throws the operating system's error */
export async function writeAll(handle: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    if (bytesWritten === 0) throw new Error('the file system accepts no more bytes')
    written += bytesWritten
  }
}

/** @returns undefined if nothing has this name @throws the operating system's error */
export async function statIfPresent(operations: FileOperations, path: string): Promise<Stats | undefined> {
  try {
    return await operations.stat(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

export async function unlinkIfPresent(operations: FileOperations, path: string): Promise<void> {
  await operations.unlink(path).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error
  })
}

/** Syncs a directory, so that its entries survive a power failure (fsync(2)). @throws the operating system's error */
export async function syncDirectory(operations: FileOperations, path: string): Promise<void> {
  const directory = await operations.open(path, constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
