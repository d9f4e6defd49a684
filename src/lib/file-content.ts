import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { errorCode, explainSystemError } from './errors.ts'

const CHUNK_BYTES = 64 * 1024

/** The content of a file, or why it cannot be read, as a sentence for the operator. */
export type FileContent = Readable | Unreadable

interface Readable {
  readonly bytes: Buffer
  /** Whether it came from a pipe, which can be read only once. */
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
    const found = await stat(file)
    if (!found.isFile()) return { unreadable: `${file} is not a file.` } // reading a named pipe could block
    if (found.size > maxBytes) return tooLarge(file, maxBytes)
    return { bytes: await readFile(file) }
  } catch (error) {
    return explain(error, file)
  }
}

/**
 * The same for a file that is read once, before anything else happens. It may also be a pipe: a shell's `<(...)` and
 * password managers pass secrets in one.
 */
export function readContentSync(file: string, maxBytes: number): FileContent {
  try {
    const descriptor = openSync(file, 'r')
    try {
      const bytes = readUpTo(descriptor, maxBytes + 1)
      if (bytes.length > maxBytes) return tooLarge(file, maxBytes)
      return fstatSync(descriptor).isFile() ? { bytes } : { bytes, isPipe: true }
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    return explain(error, file)
  }
}

export function isSameContent(left: FileContent, right: FileContent): boolean {
  if ('bytes' in left) return 'bytes' in right && left.bytes.equals(right.bytes)
  return 'unreadable' in right && left.unreadable === right.unreadable
}

function readUpTo(descriptor: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = []
  for (let left = maxBytes; left > 0; ) {
    const chunk = Buffer.alloc(Math.min(left, CHUNK_BYTES))
    const length = readSync(descriptor, chunk)
    if (length === 0) break
    chunks.push(chunk.subarray(0, length))
    left -= length
  }
  return Buffer.concat(chunks)
}

function tooLarge(file: string, maxBytes: number): Unreadable {
  return { unreadable: `${file} is larger than ${maxBytes} bytes. Is it the right file?` }
}

function explain(error: unknown, file: string): Unreadable {
  const missing = `The file ${resolve(file)} does not exist.`
  const sentences = { ENOENT: missing, ENOTDIR: missing }
  return {
    unreadable: explainSystemError(error, sentences, (reason) => `${file} cannot be read: ${reason}.`),
    isMissing: errorCode(error) === 'ENOENT',
  }
}
