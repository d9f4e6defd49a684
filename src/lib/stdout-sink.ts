import { constants, fstatSync, openSync, write, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { errorCode } from './error-code.ts'

type Done = (error: Error | null, written: number) => void

/** Where bytes go. No call waits for it. */
export interface Sink {
  /** Writes some of the bytes, perhaps none. Calls are made one at a time. */
  write(bytes: Buffer, done: Done): void
  /**
   * For the end of the process: writes what can be written without waiting.
   *
   * @param unfinished the rest of a write that is not done yet
   * @param more what comes after it
   */
  writeLast(unfinished: Buffer, more: Buffer): void
}

const STDOUT = 1

/** Opens stdout so that no write blocks the event loop, be it a file, a pipe, a socket (journald) or a terminal. */
export function openStdout(): Sink {
  const stats = fstatSync(STDOUT)
  if (stats.isFIFO() || stats.isSocket()) return streamSink(process.stdout)
  if (stats.isFile()) return threadSink(STDOUT, true)
  try {
    // Other programs share a terminal's descriptor: only one of our own may be switched to non-blocking.
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY
    return nonBlockingSink(openSync(`/proc/self/fd/${STDOUT}`, flags))
  } catch {
    return threadSink(STDOUT, false) // no /proc, or a terminal of another user
  }
}

/** For a descriptor in non-blocking mode: EAGAIN means that nothing can be written right now. */
function nonBlockingSink(fd: number): Sink {
  const writeSome = (bytes: Buffer, done: Done) => {
    let written = 0
    try {
      written = writeSync(fd, bytes)
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') return done(error as Error, 0)
    }
    done(null, written)
  }
  return {
    write: writeSome,
    writeLast: (unfinished, more) => writeSome(Buffer.concat([unfinished, more]), () => {}),
  }
}

/** For a descriptor whose writes may block: a thread of the pool waits for them. */
function threadSink(fd: number, isFile: boolean): Sink {
  return {
    write: (bytes, done) => write(fd, bytes, done),
    writeLast(unfinished, more) {
      // The thread goes on with what is unfinished. Behind it, only a file takes more without waiting.
      if (isFile || unfinished.length === 0) writeQuietly(fd, more)
    },
  }
}

/** For pipes and sockets, which Node.js itself writes to without blocking. */
function streamSink(stream: Writable): Sink {
  stream.on('error', () => {}) // each write has its own
  return {
    write: (bytes, done) => void stream.write(bytes, (error) => done(error ?? null, error ? 0 : bytes.length)),
    writeLast(unfinished, more) {
      if (unfinished.length === 0) writeQuietly(STDOUT, more)
    },
  }
}

function writeQuietly(fd: number, bytes: Buffer): void {
  try {
    writeSync(fd, bytes)
  } catch {
    // The process ends, and there is nowhere else to report it.
  }
}
