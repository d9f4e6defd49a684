import { constants } from 'node:fs'
import { dirname } from 'node:path'
import { errorCode } from '../../lib/error-code.ts'
import { FILE_MODE, type FileOperations, type OpenFile, syncDirectory } from './file-operations.ts'

/** O_NONBLOCK: opening a FIFO must return and be refused, never wait for a reader. */
const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK
const LINE_FEED = Buffer.from('\n')
/** A write that needs a fresh block, so that a full disk is noticed. A blank line is harmless should it stay. */
const PROBE = Buffer.from(`${' '.repeat(4095)}\n`)
const ATTEMPTS_WHEN_REMOVED = 3

/** What the file holds can no longer be trusted: nothing more may be written before recovery has looked at it. */
export class FileUntrustedError extends Error {
  override readonly name = 'FileUntrustedError'
}

export interface DurableFileOptions {
  readonly path: string
  readonly operations: FileOperations
  /** false: bytes count as stored when the kernel has them. */
  readonly fsync: boolean
  /** Hears that the file was removed under the service. */
  readonly onRemoved: () => void
}

interface CurrentFile {
  readonly handle: OpenFile
  readonly dev: number
  readonly ino: number
  /** Where our last line ended; undefined in a file that was just opened. */
  end: number | undefined
}

/**
 * One log file that either holds all of the bytes it was given, on disk and under its name, or none of them.
 * Calls must not overlap.
 */
export class DurableFile {
  readonly #options: DurableFileOptions
  #file: CurrentFile | undefined
  /** A write that is not safe yet: the file's good length before it, and how much of it the kernel took. */
  #unfinished: { goodLength: number; written: number } | undefined

  constructor(options: DurableFileOptions) {
    this.#options = options
  }

  /** Opens the file, made if absent. @throws the operating system's error, or that it is no regular file */
  async open(): Promise<void> {
    await this.#current()
  }

  /**
   * Appends whole lines and syncs them.
   *
   * @throws FileUntrustedError if the file can no longer be written safely; after any other error it is as it was, or
   *   `isInDoubt`
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
    throw new Error('the log file is removed again and again')
  }

  /** Tries a real write and takes it back. @throws as commit does */
  async probe(): Promise<void> {
    const { file } = await this.#write(PROBE)
    await this.#sync(file)
    await this.#rollBack(file)
  }

  /** Whether lines of a commit that failed may stand in the file, because they could not be taken back. */
  get isInDoubt(): boolean {
    return this.#unfinished !== undefined
  }

  async close(): Promise<void> {
    const file = this.#file
    if (!file) return
    await this.#rollBack(file).catch(() => {})
    this.#file = undefined
    await file.handle.close()
  }

  /** @returns the file under its name, with nothing unfinished in it, and its size */
  async #current(): Promise<{ file: CurrentFile; size: number }> {
    if (this.#file) await this.#rollBack(this.#file)
    const size = this.#file && (await this.#sizeUnderName(this.#file))
    if (this.#file && size !== undefined) return { file: this.#file, size }
    // Renamed away, it keeps what it has; what follows goes into a new file under the old name.
    await this.close()
    this.#file = await this.#openFile()
    return { file: this.#file, size: (await this.#file.handle.stat()).size }
  }

  /** @returns the size of the file, in bytes, or undefined if it is no longer under its name */
  async #sizeUnderName(file: CurrentFile): Promise<number | undefined> {
    try {
      const { dev, ino, size } = await this.#options.operations.stat(this.#options.path)
      return dev === file.dev && ino === file.ino ? size : undefined
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined
      throw error
    }
  }

  async #openFile(): Promise<CurrentFile> {
    const { operations, path, fsync } = this.#options
    const handle = await operations.open(path, APPEND, FILE_MODE)
    try {
      const stats = await handle.stat()
      if (!stats.isFile()) throw new Error(`${path} is not a regular file`)
      if (fsync) await syncDirectory(operations, dirname(path))
      return { handle, dev: stats.dev, ino: stats.ino, end: undefined }
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
        if (bytesWritten === 0) throw new Error('the file system takes no more bytes')
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
      // Never tried again: after a failed fsync the kernel may report success for pages that it dropped.
      await this.#rollBack(file).catch(() => {})
      throw new FileUntrustedError('the disk failed to store what was written', { cause: error })
    }
  }

  /** Cuts an unfinished write off, if there is one. If that fails it stays owed, and nothing is written before it has succeeded. */
  async #rollBack(file: CurrentFile): Promise<void> {
    if (!this.#unfinished) return
    const { goodLength, written } = this.#unfinished
    const { size } = await file.handle.stat()
    if (size !== goodLength + written) {
      throw new FileUntrustedError('another program wrote into the log file, so a failed write cannot be taken back')
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
