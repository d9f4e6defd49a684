import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'

/** Gauges whose names end in _total, which Prometheus reserves for counters. Each has a twin by type. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** Describes the build and the process: CPU, memory, event loop, open files. */
export function addProcessMetrics(registry: Registry, version: string): void {
  const build = new Gauge({
    name: 'digireply_build_info',
    help: 'The version of the service and of Node.js. Always 1.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  })
  build.set({ version, node_version: process.version }, 1)
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
}
