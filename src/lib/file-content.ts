import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'

/** What a file holds, or why it cannot be read, as a sentence for the operator. */
export type FileContent = { readonly bytes: Buffer } | { readonly unreadable: string }

/**
 * Reads a small file. Never throws: what went wrong is what there is to tell.
 *
 * @param maxBytes what is larger is not read
 */
export async function readContent(file: string, maxBytes: number): Promise<FileContent> {
  try {
    const found = await stat(file)
    if (!found.isFile()) return { unreadable: `${file} is no file.` } // a named pipe would keep its reader waiting
    if (found.size > maxBytes) return { unreadable: `${file} has more than ${maxBytes} bytes. Is it the right file?` }
    return { bytes: await readFile(file) }
  } catch (error) {
    return { unreadable: explain(error as NodeJS.ErrnoException, file) }
  }
}

export function isSameContent(left: FileContent, right: FileContent): boolean {
  if ('bytes' in left) return 'bytes' in right && left.bytes.equals(right.bytes)
  return 'unreadable' in right && left.unreadable === right.unreadable
}

function explain({ code, message }: NodeJS.ErrnoException, file: string): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') return `There is no file ${resolve(file)}.`
  if (code === 'EACCES') return `${file} cannot be read: this user has no permission.`
  return `${file} cannot be read: ${message}`
}
