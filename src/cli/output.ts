/** The one place where commands print: text that steers no terminal, to streams that may be closed at any time. */
import { isatty } from 'node:tty'
import { errorCode } from '../lib/error-code.ts'
import { printable } from '../lib/printable.ts'
import { explainSystemError } from '../lib/system-error.ts'

const STDOUT = 1
const watched = new Set<NodeJS.WriteStream>()

/** Prints text to stdout, with a line feed at its end. */
export function print(text: string): void {
  write(process.stdout, text)
}

/** Prints text to stderr, with a line feed at its end. */
export function printError(text: string): void {
  write(process.stderr, text)
}

/** Whether somebody watches stdout. */
export function isTerminal(): boolean {
  return isatty(STDOUT)
}

function write(stream: NodeJS.WriteStream, text: string): void {
  if (!watched.has(stream)) {
    watched.add(stream)
    // Whoever reads may stop early (`| head`): the command does its work all the same.
    stream.on('error', (error) => {
      if (errorCode(error) === 'EPIPE') return
      if (stream === process.stdout) failOnce(`Cannot write the output: ${explainSystemError(error)}.`)
    })
  }
  stream.write(`${printable(text)}\n`)
}

let hasFailed = false

/** Output that is lost is a failure, whatever the command comes to. */
function failOnce(message: string): void {
  if (hasFailed) return
  hasFailed = true
  printError(message)
  process.once('exit', (code) => {
    if (code === 0) process.exitCode = 1
  })
}
