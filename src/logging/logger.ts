import { type Logger, pino } from 'pino'
import { serviceLogLimits } from '../config/limits.ts'
import { LineOutput } from '../lib/line-output.ts'
import { openStdout } from '../lib/stdout-sink.ts'

export interface LoggerOptions {
  readonly level: string
  /** Write colored, human-readable lines instead of JSON. */
  readonly pretty: boolean
  /** Called with the number of lines that could not be written, once there is room for another. */
  readonly onDropped: (lines: number) => void
}

export interface ServiceLog {
  readonly logger: Logger
  /** Writes the lines to stdout. Must be flushed before the process exits. */
  readonly output: LineOutput
}

/** Creates the service log on stdout. A line that cannot be written is dropped, because storing events matters more. */
export async function createLogger({ level, pretty, onDropped }: LoggerOptions): Promise<ServiceLog> {
  const output = new LineOutput({
    sink: openStdout(),
    maxWaiting: serviceLogLimits.maxWaiting,
    onDropped,
  })
  const format = pretty ? await loadFormat() : (line: string) => line
  const logger = pino({ level }, { write: (line) => output.write(format(line)) })
  return { logger, output }
}

async function loadFormat(): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty')
  const format = prettyFactory({ colorize: true, translateTime: 'HH:MM:ss', ignore: 'pid,hostname' })
  return (line) => format(line) ?? line
}
