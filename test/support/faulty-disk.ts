import { type FileOperations, nodeFileOperations, type OpenFile } from '../../src/event-store/files/file-operations.ts'

/** Faults to inject into operations on real files. Each one is called before its operation. */
export interface Faults {
  /** Throws, or returns the maximum number of bytes to accept. */
  write?: (length: number) => number | undefined
  datasync?: () => Promise<void> | undefined
  read?: (length: number) => void
  truncate?: () => void
  close?: () => void
  open?: (path: string) => void
}

export function faultyDisk(faults: Faults): FileOperations {
  return {
    ...nodeFileOperations,
    async open(path, flags, mode) {
      faults.open?.(path)
      return withFaults(await nodeFileOperations.open(path, flags, mode), faults)
    },
  }
}

function withFaults(file: OpenFile, faults: Faults): OpenFile {
  const faulty: Partial<Record<keyof OpenFile, unknown>> = {
    write: async (bytes: Uint8Array, offset: number, length: number, position: number | null) =>
      file.write(bytes, offset, faults.write?.(length) ?? length, position),
    datasync: async () => {
      await faults.datasync?.()
      return file.datasync()
    },
    read: async (bytes: Uint8Array, offset: number, length: number, position: number) => {
      faults.read?.(length)
      return file.read(bytes, offset, length, position)
    },
    truncate: async (length: number) => {
      faults.truncate?.()
      return file.truncate(length)
    },
    close: async () => {
      faults.close?.()
      return file.close()
    },
  }
  return new Proxy(file, {
    get(target, key) {
      const value = faulty[key as keyof OpenFile] ?? Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Creates a disk that counts the bytes that are read. */
export function countingDisk(): { readonly operations: FileOperations; readonly bytesRead: () => number } {
  let bytes = 0
  const read = (length: number) => {
    bytes += length
  }
  const operations = faultyDisk({ read })
  return { operations, bytesRead: () => bytes }
}

/** Creates a disk that counts syncs and closed files. */
export function watchedDisk(write?: Faults['write']) {
  const counts = { synced: 0, closed: 0 }
  const count = (name: keyof typeof counts) => () => void counts[name]++
  const operations = faultyDisk({ datasync: count('synced'), close: count('closed'), ...(write && { write }) })
  return { operations, synced: () => counts.synced, closed: () => counts.closed }
}

/** Creates an error of the operating system. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made by the test`), { code })
}

/** Creates a fault that can be switched on and off. */
export function failing(code: string): { on: boolean; readonly check: () => undefined } {
  const fault = {
    on: true,
    check: (): undefined => {
      if (fault.on) throw systemError(code)
      return undefined
    },
  }
  return fault
}

/** Creates a disk with limited space, in bytes: a write is shortened to what fits, and fails if nothing does. */
export function limitedDisk(code: string): { room: number; readonly write: (length: number) => number } {
  const disk = {
    room: Number.POSITIVE_INFINITY,
    write: (length: number) => {
      if (disk.room === 0) throw systemError(code)
      const taken = Math.min(length, disk.room)
      disk.room -= taken
      return taken
    },
  }
  return disk
}
