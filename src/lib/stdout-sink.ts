import { constants, fstatSync, openSync, write, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { errorCode } from './errors.ts'

type Done = (error: Error | null, written: number) => void

/** A destination of bytes that never blocks. */
export interface Sink {
  /** Writes some of the bytes, possibly none. Calls must not overlap. */
  write(bytes: Buffer, done: Done): void
  /**
   * Writes as much as possible without waiting. Called when the process exits.
   *
   * @param unfinished the rest of a write that has not completed
   * @param more the bytes after it
   */
  writeLast(unfinished: Buffer, more: Buffer): void
}

const STDOUT = 1

/** Opens stdout, be it a file, a pipe, a socket (journald) or a terminal, so that writes never block the event loop. */
export function openStdout(): Sink {
  const stats = fstatSync(STDOUT)
  if (stats.isFIFO() || stats.isSocket()) return streamSink(process.stdout)
  if (stats.isFile()) return threadSink(STDOUT, true)
  try {
    // Other programs share the terminal's descriptor, so only a new one may be switched to non-blocking mode.
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY
    return nonBlockingSink(openSync(`/proc/self/fd/${STDOUT}`, flags))
  } catch {
    return threadSink(STDOUT, false) // there is no /proc, or the terminal belongs to another user
  }
}

/** For a descriptor in non-blocking mode, where EAGAIN means that nothing can be written right now. */
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

/** For a descriptor whose writes may block: they run in the thread pool. */
function threadSink(fd: number, isFile: boolean): Sink {
  return {
    write: (bytes, done) => write(fd, bytes, done),
    writeLast(unfinished, more) {
      // The thread still writes the unfinished bytes. Only a file accepts more after them without waiting.
      if (isFile || unfinished.length === 0) writeQuietly(fd, more)
    },
  }
}

/** For pipes and sockets, which Node.js writes to without blocking. */
function streamSink(stream: Writable): Sink {
  stream.on('error', () => {}) // every write reports its own error
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
    // The process is exiting, and there is nowhere else to report it.
  }
}
