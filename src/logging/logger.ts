import { type Logger, pino } from 'pino'
import { ownLogLimits } from '../config/limits.ts'
import { LineOutput } from '../lib/line-output.ts'
import { openStdout } from '../lib/stdout-sink.ts'

export interface LoggerOptions {
  readonly level: string
  /** For people, in colour, instead of JSON. */
  readonly pretty: boolean
}

export interface OwnLog {
  readonly logger: Logger
  /** Where its lines go: stdout. The end of the process must flush it. */
  readonly output: LineOutput
}

/** The service's own log, on stdout. A line that cannot be written is dropped: the events matter more. */
export async function createLogger({ level, pretty }: LoggerOptions): Promise<OwnLog> {
  const output = new LineOutput({
    sink: openStdout(),
    maxWaiting: ownLogLimits.maxWaiting,
    onDropped: (dropped) => logger.warn({ dropped }, 'stdout was not read fast enough: lines of this log were dropped'),
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
