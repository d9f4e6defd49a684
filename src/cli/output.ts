/** All output of the commands. Escapes control characters, and tolerates streams that are closed early. */
import { isatty } from 'node:tty'
import { errorCode, explainSystemError } from '../lib/errors.ts'
import { printable } from '../lib/printable.ts'

const STDIN = 0
const STDOUT = 1
const STDERR = 2
const closing = new AbortController()
/** Aborts when the reader of stdout has stopped (`| head`), so that a long command can end. */
export const outputClosed: AbortSignal = closing.signal
const watched = new Set<NodeJS.WriteStream>()

/** Prints text and a newline to stdout. */
export function print(text: string): void {
  write(process.stdout, text)
}

/** Prints text and a newline to stderr. */
export function printError(text: string): void {
  write(process.stderr, text)
}

/** Whether stdout is a terminal. */
export function isTerminal(): boolean {
  return isatty(STDOUT)
}

/**
 * Whether the process was started on a terminal, even if some of its streams are redirected. A terminal that has been
 * closed no longer counts, so ask at startup.
 */
export function isOnTerminal(): boolean {
  return [STDIN, STDOUT, STDERR].some((stream) => isatty(stream))
}

function write(stream: NodeJS.WriteStream, text: string): void {
  if (!watched.has(stream)) {
    watched.add(stream)
    // The reader may stop early (`| head`), but the command still finishes its work.
    stream.on('error', (error) => {
      if (errorCode(error) === 'EPIPE') {
        if (stream === process.stdout) closing.abort()
        return
      }
      if (stream === process.stdout) failOnce(`Cannot write the output: ${explainSystemError(error)}.`)
    })
  }
  stream.write(`${printable(text)}\n`)
}

let hasFailed = false

/** Lost output is a failure, even if the command itself succeeds. */
function failOnce(message: string): void {
  if (hasFailed) return
  hasFailed = true
  printError(message)
  process.once('exit', (code) => {
    if (code === 0) process.exitCode = 1
  })
}
