import { constants, type Stats } from 'node:fs'
import { type FileHandle, link, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { errorCode } from '../../lib/error-code.ts'

/** An open file, as far as the event log uses one. */
export type OpenFile = Pick<FileHandle, 'fd' | 'read' | 'write' | 'datasync' | 'sync' | 'stat' | 'truncate' | 'close'>

/** What the event log asks of the file system. It comes in as an argument, so that tests can make it fail. */
export interface FileOperations {
  open(path: string, flags: number, mode?: number): Promise<OpenFile>
  stat: (path: string) => Promise<Stats>
  /** @returns the first directory that was created, if any was */
  mkdir: (path: string, options: { recursive: true; mode: number }) => Promise<string | undefined>
  unlink: (path: string) => Promise<void>
  link: (existing: string, added: string) => Promise<void>
  rename: (from: string, to: string) => Promise<void>
  /** The names in a folder. */
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

/** Log files are for their owner, and for a group that may read them. */
export const FILE_MODE = 0o640
export const DIRECTORY_MODE = 0o750

/** Writes every byte from a position on, whatever the kernel takes at a time. @throws the operating system's error */
export async function writeAll(handle: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    if (bytesWritten === 0) throw new Error('the file system takes no more bytes')
    written += bytesWritten
  }
}

export async function unlinkIfPresent(operations: FileOperations, path: string): Promise<void> {
  await operations.unlink(path).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error
  })
}

/** Makes the names in a directory survive a power cut (fsync(2)). @throws the operating system's error */
export async function syncDirectory(operations: FileOperations, path: string): Promise<void> {
  const directory = await operations.open(path, constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
