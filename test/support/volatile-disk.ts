import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FileOperations, nodeFileOperations, type OpenFile } from '../../src/event-store/files/file-operations.ts'

export interface VolatileDisk {
  readonly operations: FileOperations
  /** Reverts everything that was not synced: writes to files, and names that were added, changed or removed. */
  cutPower(): void
}

/**
 * Real files on a disk that keeps only what was synced, as POSIX allows: the content of a file as of its last fsync or
 * fdatasync, and the names in a directory as of its last fsync.
 *
 * @param root its current content counts as synced
 */
export function volatileDisk(root: string): VolatileDisk {
  /** Synced contents of files, by inode. */
  const contents = new Map<number, Buffer>()
  /** Synced names in directories and their inodes, by the directory's inode. */
  const names = new Map<number, Map<string, number>>()

  const syncNames = (directory: string) => {
    const inodes = readdirSync(directory).map((name): [string, number] => [name, inodeOf(join(directory, name))])
    names.set(inodeOf(directory), new Map(inodes))
  }
  const syncContent = (path: string, inode: number) => contents.set(inode, readFileSync(path))

  async function open(path: string, flags: number, mode?: number): Promise<OpenFile> {
    const isNew = !existsSync(path)
    const file = await nodeFileOperations.open(path, flags, mode)
    const stats = await file.stat()
    if (isNew) contents.delete(stats.ino) // a reused inode
    const sync = async () => {
      if (stats.isDirectory()) syncNames(path)
      else syncContent(path, stats.ino)
    }
    return Object.assign(file, { sync, datasync: sync })
  }

  function restore(directory: string): void {
    const synced = names.get(inodeOf(directory)) ?? new Map<string, number>()
    for (const name of readdirSync(directory)) {
      const path = join(directory, name)
      if (synced.get(name) !== inodeOf(path)) rmSync(path, { recursive: true })
      else if (lstatSync(path).isDirectory()) restore(path)
    }
    for (const [name, inode] of synced) {
      const content = contents.get(inode) ?? Buffer.alloc(0)
      const path = join(directory, name)
      if (!existsSync(path) || lstatSync(path).isFile()) writeFileSync(path, content)
    }
  }

  syncNames(root)
  for (const entry of readdirSync(root)) {
    const path = join(root, entry)
    if (lstatSync(path).isFile()) syncContent(path, inodeOf(path))
  }
  return { operations: { ...nodeFileOperations, open }, cutPower: () => restore(root) }
}

function inodeOf(path: string): number {
  return lstatSync(path).ino
}
