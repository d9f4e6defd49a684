import { fstatSync, readSync } from 'node:fs'
import { errorCode } from './errors.ts'

const CHUNK_BYTES = 64 * 1024
/** Milliseconds between two attempts to read a pipe. */
const PAUSE = 10

/**
 * Reads to the end, and blocks until it is reached. Waits as long as a pipe has a writer, which may be asking for a password.
 *
 * @param descriptor opened with O_NONBLOCK
 * @param maxBytes stops after this many
 * @param writerTimeout milliseconds to wait for the first writer of a pipe
 * @returns undefined if it is a pipe that nobody wrote to
 * @throws an error of read(2)
 */
export function readDescriptor(descriptor: number, maxBytes: number, writerTimeout: number): Buffer | undefined {
  const deadline = performance.now() + writerTimeout
  // fifo(7): without a writer, a pipe looks as if it had ended.
  let hadWriter = !fstatSync(descriptor).isFIFO()
  const chunks: Buffer[] = []
  for (let left = maxBytes; left > 0; ) {
    const chunk = Buffer.alloc(Math.min(left, CHUNK_BYTES))
    const length = tryRead(descriptor, chunk)
    if (length === 0 && hadWriter) break
    if (length === 0 && performance.now() > deadline) return undefined
    if (length !== 0) hadWriter = true
    if (length) {
      chunks.push(chunk.subarray(0, length))
      left -= length
    } else {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)
    }
  }
  return Buffer.concat(chunks)
}

/** @returns the number of bytes; 0 at the end, undefined if none are available yet */
function tryRead(descriptor: number, chunk: Buffer): number | undefined {
  try {
    return readSync(descriptor, chunk)
  } catch (error) {
    if (errorCode(error) === 'EAGAIN') return undefined
    throw error
  }
}
