import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { dirname } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { ExplainedError, errorCode } from '../../../lib/errors.ts'
import {
  type FileOperations,
  type OpenFile,
  readChunks,
  syncDirectory,
  unlinkIfPresent,
  withFile,
  writeAll,
} from '../file-operations.ts'
import { gunzip } from '../reading/gzip-lines.ts'
import { GZ } from '../reading/segment-name.ts'

/** The end of the name of a compressed file that is still being written. */
export const PARTIAL = `${GZ}.tmp`

/** In bytes. */
export interface CompressedSizes {
  readonly before: number
  readonly after: number
}

/**
 * Replaces a file that no longer changes by its compressed form. The file is deleted only once the compressed form has
 * been read back, so that a crash at any point loses nothing, and the work can be repeated.
 *
 * @throws the operating system's error; the signal's reason; ExplainedError if another file has the compressed form's name
 */
export async function compressFile(
  operations: FileOperations,
  path: string,
  signal: AbortSignal,
): Promise<CompressedSizes> {
  const [partial, compressed] = [`${path}${PARTIAL}`, `${path}${GZ}`]
  return withFile(operations, path, constants.O_RDONLY, async (source) => {
    try {
      await writeCompressed(operations, source, partial, signal)
      await linkIfAbsent(operations, partial, compressed)
    } finally {
      await unlinkIfPresent(operations, partial)
    }
    await syncDirectory(operations, dirname(path))
    return withFile(operations, compressed, constants.O_RDONLY, async (written) => {
      if ((await digest(gunzip(written, compressed), signal)) !== (await digest(readChunks(source), signal))) {
        throw new ExplainedError(`${compressed} has other content than ${path}. Move one of them to another directory.`)
      }
      const sizes = { before: (await source.stat()).size, after: (await written.stat()).size }
      await operations.unlink(path)
      return sizes
    })
  })
}

async function writeCompressed(operations: FileOperations, source: OpenFile, target: string, signal: AbortSignal) {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC
  await withFile(operations, target, flags, async (handle) => {
    const gzip = createGzip()
    // An error of the source ends the iteration below.
    pipeline(Readable.from(readChunks(source), { objectMode: false }), gzip, () => {})
    let position = 0
    for await (const chunk of gzip) {
      signal.throwIfAborted()
      await writeAll(handle, chunk, position)
      position += chunk.length
    }
    // The age of a file is how long ago its last record was written.
    const { atime, mtime } = await source.stat()
    await handle.utimes(atime, mtime)
    await handle.sync()
  })
}

/** The compressed form is there already if a crash came just before the file was deleted. */
async function linkIfAbsent(operations: FileOperations, existing: string, added: string): Promise<void> {
  await operations.link(existing, added).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error
  })
}

async function digest(chunks: AsyncIterable<Buffer>, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) {
    signal.throwIfAborted()
    hash.update(chunk)
  }
  return hash.digest('hex')
}
