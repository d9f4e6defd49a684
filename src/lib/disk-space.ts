import { statfs } from 'node:fs/promises'
import { withTimeout } from './with-timeout.ts'

/** In bytes. */
export interface DiskSpace {
  /** What an unprivileged process can still write. */
  readonly free: number
  readonly size: number
}

/**
 * Creates a function that measures the space of the file system that holds a directory.
 *
 * @param timeoutMs how long it waits for a disk that does not respond. Only one measurement is under way at a time, so
 *   that they cannot occupy all threads
 * @returns a function that throws the operating system's error (statfs(2)), or an error after the timeout
 */
export function createDiskSpaceProbe(directory: string, timeoutMs: number): () => Promise<DiskSpace> {
  let measuring: Promise<DiskSpace> | undefined
  return () => {
    measuring ??= measure(directory).finally(() => {
      measuring = undefined
    })
    return withTimeout(timeoutMs, () => new Error('the disk is not responding'), measuring)
  }
}

async function measure(directory: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(directory)
  return { free: bavail * bsize, size: blocks * bsize }
}
