import { logTelemetry } from '../../src/logging/log-telemetry.ts'
import { createTelemetry, type Telemetry } from '../../src/telemetry.ts'

/** A line of the service log, before formatting. */
export interface Incident {
  readonly level: 'info' | 'warn' | 'error' | 'fatal'
  readonly message: string
  readonly file?: string
  readonly reason?: string
  readonly warning?: string
  readonly error?: unknown
  /** The other fields of the line. */
  readonly [field: string]: unknown
}

/** Creates telemetry whose log lines are passed to a function. */
export function reportingTo(report: (incident: Incident) => void): Telemetry {
  const telemetry = createTelemetry()
  const log =
    (level: Incident['level']) =>
    ({ err, ...fields }: { err?: unknown }, message: string) =>
      report({ level, message, ...fields, ...(err !== undefined && { error: err }) })
  logTelemetry(telemetry, { info: log('info'), warn: log('warn'), error: log('error'), fatal: log('fatal') })
  return telemetry
}
