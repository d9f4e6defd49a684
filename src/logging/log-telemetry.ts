import type { Telemetry, TelemetryMap } from '../telemetry.ts'
import { type Level, type Line, logLines } from './log-lines.ts'

/** The part of a pino logger that is used here. */
type Logger = Readonly<Record<Level, (fields: object, message: string) => void>>

/** Logs every telemetry event that has a line. */
export function logTelemetry(telemetry: Telemetry, logger: Logger): void {
  const entries = Object.entries(logLines) as [keyof TelemetryMap, ((...payload: unknown[]) => Line) | undefined][]
  for (const [name, toLine] of entries) {
    if (!toLine) continue
    telemetry.on(name, (...payload: unknown[]) => {
      const [level, message, fields] = toLine(...payload)
      logger[level](fields, message)
    })
  }
}
