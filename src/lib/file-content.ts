import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { errorCode, explainSystemError } from './errors.ts'
import { readDescriptor } from './read-descriptor.ts'

const CHUNK_BYTES = 64 * 1024
/** A writer that is started together with the reader is there within milliseconds. */
const WRITER_TIMEOUT = 5000

/** The content of a file, or why it cannot be read, as a sentence for the operator. */
export type FileContent = Readable | Unreadable

interface Readable {
  readonly bytes: Buffer
  readonly isPipe?: boolean
}

interface Unreadable {
  readonly unreadable: string
  /** Whether the file does not exist. */
  readonly isMissing?: boolean
}

/**
 * Reads a small file. Never throws: the result says why the file cannot be read.
 *
 * @param maxBytes a larger file is not read
 */
export async function readContent(file: string, maxBytes: number): Promise<FileContent> {
  try {
    // Opening a named pipe would block one of the few threads that also store events.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const found = await handle.stat()
      if (!found.isFile()) return notAFile(file)
      if (found.size > maxBytes) return tooLarge(file, maxBytes)
      const bytes = await readHandle(handle, maxBytes + 1)
      return bytes.length > maxBytes ? tooLarge(file, maxBytes) : { bytes }
    } finally {
      await handle.close()
    }
  } catch (error) {
    return explain(error, file)
  }
}

/**
 * The same for a file that is read once, before anything else happens. It may also be a pipe: a shell's `<(...)` and
 * password managers pass secrets in one.
 *
 * @param writerTimeout milliseconds to wait until something writes to a pipe
 */
export function readContentSync(file: string, maxBytes: number, writerTimeout = WRITER_TIMEOUT): FileContent {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const bytes = readDescriptor(descriptor, maxBytes + 1, writerTimeout)
      if (!bytes)
        return { unreadable: `${file} is a pipe that nothing was written to. Check the command that writes to it.` }
      if (bytes.length > maxBytes) return tooLarge(file, maxBytes)
      return fstatSync(descriptor).isFile() ? { bytes } : { bytes, isPipe: true }
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    return explain(error, file)
  }
}

/** Whether it came from a pipe, which cannot be read again. */
export function isFromPipe(content: FileContent): boolean {
  return 'bytes' in content && content.isPipe === true
}

export function isSameContent(left: FileContent, right: FileContent): boolean {
  if ('bytes' in left) return 'bytes' in right && left.bytes.equals(right.bytes)
  return 'unreadable' in right && left.unreadable === right.unreadable
}

async function readHandle(handle: FileHandle, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (let left = maxBytes; left > 0; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(left, CHUNK_BYTES)))
    if (bytesRead === 0) break
    chunks.push(buffer.subarray(0, bytesRead))
    left -= bytesRead
  }
  return Buffer.concat(chunks)
}

function notAFile(file: string): Unreadable {
  return { unreadable: `${file} is not a file.` }
}

function tooLarge(file: string, maxBytes: number): Unreadable {
  return { unreadable: `${file} is larger than ${maxBytes} bytes. Is it the right file?` }
}

function explain(error: unknown, file: string): Unreadable {
  if (errorCode(error) === 'ENXIO') return notAFile(file) // a socket
  const missing =
    file === '' ? 'The path is empty. Give the path of a file.' : `The file ${resolve(file)} does not exist.`
  const sentences = { ENOENT: missing, ENOTDIR: missing }
  return {
    unreadable: explainSystemError(error, sentences, (reason) => `${file} cannot be read: ${reason}.`),
    isMissing: errorCode(error) === 'ENOENT',
  }
}
