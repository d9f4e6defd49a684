import { Gauge, Registry } from 'prom-client'
import type { Telemetry } from '../../telemetry.ts'
import { addProcessMetrics } from './process-metrics.ts'
import { addRequestMetrics, type RequestLabels } from './request-metrics.ts'
import { addRuleMetrics } from './rule-metrics.ts'
import { addStoreMetrics, type StoreSources } from './store-metrics.ts'

export interface MetricsOptions {
  readonly telemetry: Telemetry
  readonly version: string
  readonly labels: RequestLabels
  /** The names of the reply rules in effect. */
  readonly currentRules: () => readonly string[]
  readonly store: StoreSources
  /** Whether the project database responds; absent if there is none. */
  readonly isDatabaseUp?: (() => boolean) | undefined
  /** When the certificate expires; absent without TLS. */
  readonly certificateExpiry?: (() => Date) | undefined
}

/** Creates the metrics, and subscribes them to the telemetry. Names: https://prometheus.io/docs/practices/naming */
export function createMetrics(options: MetricsOptions): Registry {
  const { telemetry, isDatabaseUp, certificateExpiry } = options
  const registry = new Registry()
  addProcessMetrics(registry, options.version)
  addRequestMetrics(registry, telemetry, options.labels)
  addRuleMetrics(registry, telemetry, options.currentRules)
  addStoreMetrics(registry, telemetry, options.store)
  if (isDatabaseUp) {
    new Gauge({
      name: 'digireply_project_database_up',
      help: 'Whether project names can be read from the database (1) or not (0).',
      registers: [registry],
      collect() {
        this.set(isDatabaseUp() ? 1 : 0)
      },
    })
  }
  if (certificateExpiry) {
    new Gauge({
      name: 'digireply_certificate_expiry_timestamp_seconds',
      help: 'When the TLS certificate expires, in seconds since 1970.',
      registers: [registry],
      collect() {
        this.set(certificateExpiry().getTime() / 1000)
      },
    })
  }
  return registry
}
