import { writeSync } from 'node:fs'
import { type Logger, pino } from 'pino'

export interface LoggerOptions {
  readonly level: string
  /** For people, in colour, instead of JSON. */
  readonly pretty: boolean
}

const STDOUT = 1

/** The service's own log, on stdout. */
export async function createLogger({ level, pretty }: LoggerOptions): Promise<Logger> {
  if (!pretty) return pino({ level }, { write: writeToStdout })
  const { prettyFactory } = await import('pino-pretty')
  const format = prettyFactory({ colorize: true, translateTime: 'HH:MM:ss', ignore: 'pid,hostname' })
  return pino({ level }, { write: (line) => writeToStdout(format(line) ?? line) })
}

/** A log that cannot be written, on a full disk or a closed pipe, must not hold up the events: its line is dropped. */
function writeToStdout(line: string): void {
  try {
    writeSync(STDOUT, line)
  } catch {
    // There is no other place to tell it.
  }
}
