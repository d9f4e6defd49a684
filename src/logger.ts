import { type Logger, pino } from 'pino'

export interface LoggerOptions {
  readonly level: string
  /** For people, in colour, instead of JSON. */
  readonly pretty: boolean
}

/** The service's own log, on stdout. */
export async function createLogger({ level, pretty }: LoggerOptions): Promise<Logger> {
  if (!pretty) return pino({ level })
  const { default: pinoPretty } = await import('pino-pretty')
  return pino({ level }, pinoPretty({ translateTime: 'HH:MM:ss', ignore: 'pid,hostname', sync: true }))
}
