import { closeSync, openSync, readSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { errorCode } from './error-code.ts'
import { explainSystemError } from './system-error.ts'

const CHUNK_BYTES = 64 * 1024

/** What a file holds, or why it cannot be read, as a sentence for the operator. */
export type FileContent = { readonly bytes: Buffer } | Unreadable

interface Unreadable {
  readonly unreadable: string
  /** Whether there is no such file. */
  readonly isMissing?: boolean
}

/**
 * Reads a small file. Never throws: what went wrong is what there is to tell.
 *
 * @param maxBytes what is larger is not read
 */
export async function readContent(file: string, maxBytes: number): Promise<FileContent> {
  try {
    const found = await stat(file)
    if (!found.isFile()) return { unreadable: `${file} is not a file.` } // a named pipe would keep its reader waiting
    if (found.size > maxBytes) return tooLarge(file, maxBytes)
    return { bytes: await readFile(file) }
  } catch (error) {
    return explain(error, file)
  }
}

/**
 * The same for what is read once, before anything else happens. This may also be a pipe: a shell's `<(...)` and
 * password managers hand secrets over in one.
 */
export function readContentSync(file: string, maxBytes: number): FileContent {
  try {
    const descriptor = openSync(file, 'r')
    try {
      const bytes = readUpTo(descriptor, maxBytes + 1)
      return bytes.length > maxBytes ? tooLarge(file, maxBytes) : { bytes }
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
  return { unreadable: `${file} has more than ${maxBytes} bytes. Is it the right file?` }
}

function explain(error: unknown, file: string): Unreadable {
  const missing = `There is no file ${resolve(file)}.`
  const sentences = { ENOENT: missing, ENOTDIR: missing }
  return {
    unreadable: explainSystemError(error, sentences, (reason) => `${file} cannot be read: ${reason}.`),
    isMissing: errorCode(error) === 'ENOENT',
  }
}
