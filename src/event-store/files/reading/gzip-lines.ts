import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ExplainedError, errorCode, reasonOf } from '../../../lib/errors.ts'
import type { OpenFile } from '../file-operations.ts'
import { readChunks } from '../file-operations.ts'
import { LINE_FEED, type Lines } from '../line-format.ts'
import { type LineReader, MisplacedError } from './line-reader.ts'

const CHUNK_BYTES = 1 << 16

/** Reads a compressed file, which no longer grows. To reach an offset, everything before it is decompressed. */
export class GzipLines implements LineReader {
  readonly #blocks: AsyncGenerator<Lines>

  constructor(handle: OpenFile, offset: number, path: string) {
    this.#blocks = wholeLines(skipTo(offset, gunzip(handle, path)), offset)
  }

  async next(): Promise<Lines | undefined> {
    const { value, done } = await this.#blocks.next()
    return done ? undefined : value
  }

  async close(): Promise<void> {
    await this.#blocks.return(undefined)
  }
}

/**
 * Decompresses an open file.
 *
 * @param path for the error message
 * @throws ExplainedError if it is damaged, or the operating system's error
 */
export async function* gunzip(handle: OpenFile, path: string): AsyncGenerator<Buffer> {
  const source = Readable.from(readChunks(handle), { objectMode: false })
  const decoder = createGunzip({ chunkSize: CHUNK_BYTES })
  // An error, also of the source, ends the iteration below.
  pipeline(source, decoder, () => {})
  try {
    for await (const chunk of decoder) yield chunk
  } catch (error) {
    throw errorCode(error)?.startsWith('Z_') ? damaged(path, error) : error
  } finally {
    decoder.destroy()
  }
}

function damaged(path: string, error: unknown): ExplainedError {
  return new ExplainedError(
    `${path} is damaged: ${reasonOf(error)}. Restore it from a backup, or move it out of the directory to skip it.`,
    { cause: error },
  )
}

/** Drops what is before the offset, which must be between two lines. */
async function* skipTo(offset: number, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let position = 0
  let last: number | undefined = LINE_FEED
  for await (const chunk of chunks) {
    const start = Math.max(offset - position, 0)
    position += chunk.length
    if (start >= chunk.length) {
      last = chunk.at(-1)
      continue
    }
    if (start > 0) last = chunk[start - 1]
    if (position - chunk.length <= offset && last !== LINE_FEED) throw new MisplacedError('the offset is inside a line')
    yield chunk.subarray(start)
  }
  if (position < offset) throw new MisplacedError('the file is shorter')
}

async function* wholeLines(chunks: AsyncGenerator<Buffer>, offset: number): AsyncGenerator<Lines> {
  let position = offset
  let pieces: Buffer[] = []
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1
    if (end > 0) {
      const bytes = Buffer.concat([...pieces, chunk.subarray(0, end)])
      yield { position, bytes }
      position += bytes.length
      pieces = []
    }
    if (end < chunk.length) pieces.push(chunk.subarray(end))
  }
  const bytes = Buffer.concat(pieces)
  if (bytes.length > 0) yield { position, bytes }
}
