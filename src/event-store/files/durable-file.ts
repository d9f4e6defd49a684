import { constants } from 'node:fs'
import { dirname } from 'node:path'
import type { CommittedEnd } from './committed-end.ts'
import { FILE_MODE, type FileOperations, type OpenFile, statIfPresent, syncDirectory } from './file-operations.ts'

/** O_NONBLOCK: opening a FIFO must fail immediately instead of waiting for a reader. */
const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK
const LINE_FEED = Buffer.from('\n')
/** Needs a new block, so that a full disk is noticed. If it cannot be rolled back, the blank line is harmless. */
const PROBE = Buffer.from(`${' '.repeat(4095)}\n`)
const ATTEMPTS_WHEN_REMOVED = 3

/** The content of the file can no longer be trusted: nothing may be written before the repair at the next startup. */
export class FileUntrustedError extends Error {
  override readonly name = 'FileUntrustedError'
}

export interface DurableFileOptions {
  readonly path: string
  readonly operations: FileOperations
  /** If false, bytes count as stored as soon as the kernel has accepted them. */
  readonly fsync: boolean
  /** Called when the file was deleted while in use. */
  readonly onRemoved: () => void
}

interface CurrentFile {
  readonly handle: OpenFile
  readonly dev: number
  readonly ino: number
  /** In bytes. */
  readonly sizeWhenOpened: number
  /** Where the last line that was written ends; undefined if the file was just opened. */
  end: number | undefined
}

/**
 * A log file to which bytes are written atomically: either all of them are on disk, under the file's name, or none.
 * Calls must not overlap.
 */
export class DurableFile {
  readonly #options: DurableFileOptions
  #file: CurrentFile | undefined
  /** A write that is not safe yet: the length of the file before it, and how many bytes the kernel has accepted. */
  #unfinished: { goodLength: number; written: number } | undefined

  constructor(options: DurableFileOptions) {
    this.#options = options
  }

  /** Opens the file, creating it if necessary. @throws the operating system's error, or if it is not a regular file */
  async open(): Promise<void> {
    await this.#current()
  }

  /**
   * Appends whole lines and syncs them.
   *
   * @throws FileUntrustedError if the file can no longer be written safely; after any other error, either the file is
   *   unchanged or `isInDoubt` is true
   */
  async commit(lines: Buffer): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS_WHEN_REMOVED; attempt++) {
      const { file, end } = await this.#write(lines)
      await this.#sync(file)
      const { nlink } = await file.handle.stat()
      // Not the size: another program may have written behind our lines meanwhile.
      file.end = end
      this.#unfinished = undefined
      if (nlink > 0) return
      this.#options.onRemoved()
    }
    throw new Error('the log file keeps being deleted')
  }

  /** Writes to the file and rolls the write back. @throws as commit does */
  async probe(): Promise<void> {
    const { file } = await this.#write(PROBE)
    await this.#sync(file)
    await this.#rollBack(file)
  }

  /**
   * Gives the content another name, and continues in a new file. An empty file stays.
   *
   * @param moveAside renames the file, and returns its new name
   * @returns the new name and the size of the content, in bytes; undefined if there was none
   * @throws as `commit` and `moveAside` do
   */
  async rotate(moveAside: () => Promise<string>): Promise<{ movedTo: string; bytes: number } | undefined> {
    const { size: bytes } = await this.#current()
    if (bytes === 0) return undefined
    const movedTo = await moveAside()
    await this.#current()
    return { movedTo, bytes }
  }

  /** Whether the file may still contain lines of a failed commit, because they could not be rolled back. */
  get isInDoubt(): boolean {
    return this.#unfinished !== undefined
  }

  /** The file and how much of it can no longer be rolled back; undefined while it is closed. */
  get committedEnd(): CommittedEnd | undefined {
    if (!this.#file) return undefined
    const { dev, ino, end, sizeWhenOpened } = this.#file
    return { dev, ino, end: end ?? sizeWhenOpened }
  }

  async close(): Promise<void> {
    const file = this.#file
    if (!file) return
    await this.#rollBack(file).catch(() => {})
    this.#file = undefined
    await file.handle.close()
  }

  /** @returns the file that has the name now, with any unfinished write rolled back, and its size */
  async #current(): Promise<{ file: CurrentFile; size: number }> {
    if (this.#file) await this.#rollBack(this.#file)
    const size = this.#file && (await this.#sizeUnderName(this.#file))
    if (this.#file && size !== undefined) return { file: this.#file, size }
    // If the file was renamed, it keeps its content. Later lines go to a new file under the old name.
    await this.close()
    this.#file = await this.#openFile()
    return { file: this.#file, size: (await this.#file.handle.stat()).size }
  }

  /** @returns the size of the file in bytes, or undefined if it no longer has the name */
  async #sizeUnderName(file: CurrentFile): Promise<number | undefined> {
    const named = await statIfPresent(this.#options.operations, this.#options.path)
    return named?.dev === file.dev && named.ino === file.ino ? named.size : undefined
  }

  async #openFile(): Promise<CurrentFile> {
    const { operations, path, fsync } = this.#options
    const handle = await operations.open(path, APPEND, FILE_MODE)
    try {
      const stats = await handle.stat()
      if (!stats.isFile()) throw new Error(`${path} is not a regular file`)
      if (fsync) await syncDirectory(operations, dirname(path))
      return { handle, dev: stats.dev, ino: stats.ino, sizeWhenOpened: stats.size, end: undefined }
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** @returns the file that the lines are in now, unsynced, and where they end */
  async #write(lines: Buffer): Promise<{ file: CurrentFile; end: number }> {
    const { file, size } = await this.#current()
    const otherProgramWrote = size !== file.end
    const bytes =
      otherProgramWrote && (await endsInsideLine(file.handle, size)) ? Buffer.concat([LINE_FEED, lines]) : lines
    const unfinished = { goodLength: size, written: 0 }
    this.#unfinished = unfinished
    try {
      while (unfinished.written < bytes.length) {
        const rest = bytes.length - unfinished.written
        const { bytesWritten } = await file.handle.write(bytes, unfinished.written, rest, null)
        if (bytesWritten === 0) throw new Error('the file system accepts no more bytes')
        unfinished.written += bytesWritten
      }
    } catch (error) {
      await this.#rollBack(file)
      throw error
    }
    return { file, end: size + bytes.length }
  }

  async #sync(file: CurrentFile): Promise<void> {
    if (!this.#options.fsync) return
    try {
      await file.handle.datasync()
    } catch (error) {
      // Never retry: after a failed fsync, the kernel may report success for pages that it dropped.
      await this.#rollBack(file).catch(() => {})
      throw new FileUntrustedError('the disk failed to store the written data', { cause: error })
    }
  }

  /** Truncates an unfinished write. If that fails, it is retried before the next write. */
  async #rollBack(file: CurrentFile): Promise<void> {
    if (!this.#unfinished) return
    const { goodLength, written } = this.#unfinished
    const { size } = await file.handle.stat()
    if (size !== goodLength + written) {
      throw new FileUntrustedError('another program wrote to the log file, so a failed write cannot be rolled back')
    }
    if (written > 0) await file.handle.truncate(goodLength)
    file.end = goodLength
    this.#unfinished = undefined
  }
}

async function endsInsideLine(handle: OpenFile, size: number): Promise<boolean> {
  if (size === 0) return false
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return bytesRead === 1 && buffer[0] !== LINE_FEED[0]
}
