import { basename, dirname, join } from 'node:path'
import { errorCode } from '../../../lib/errors.ts'
import { type FileOperations, statIfPresent, syncDirectory } from '../file-operations.ts'
import { parseSegmentName } from '../reading/segment-name.ts'
import { nextRotatedName } from './rotated-name.ts'

const ATTEMPTS = 10

/**
 * Gives a log file another name. Renaming could replace a file, so the new name is added before the old one is removed.
 *
 * @param now in milliseconds since the epoch
 * @returns the new name
 * @throws the operating system's error
 */
export async function moveAside(operations: FileOperations, path: string, now: number): Promise<string> {
  const directory = dirname(path)
  for (let attempt = 1; ; attempt++) {
    const name = nextRotatedName(basename(path), await operations.readdir(directory), now)
    try {
      await operations.link(path, join(directory, name))
    } catch (error) {
      // Another program has just created a file with this name.
      if (errorCode(error) === 'EEXIST' && attempt < ATTEMPTS) continue
      throw error
    }
    // Otherwise a power failure could remove both names.
    await syncDirectory(operations, directory)
    await operations.unlink(path)
    return name
  }
}

/** Completes a `moveAside` that a crash interrupted when the file had both names. @throws the operating system's error */
export async function finishMove(operations: FileOperations, path: string): Promise<void> {
  const current = await statIfPresent(operations, path)
  if (!current || current.nlink === 1) return
  const [directory, base] = [dirname(path), basename(path)]
  for (const name of await operations.readdir(directory)) {
    if (parseSegmentName(base, name)?.isCurrent !== false) continue
    const rotated = await statIfPresent(operations, join(directory, name))
    if (rotated?.dev !== current.dev || rotated.ino !== current.ino) continue
    await syncDirectory(operations, directory)
    await operations.unlink(path)
    return
  }
}
