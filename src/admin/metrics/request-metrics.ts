import { Counter, Histogram, type Registry } from 'prom-client'
import type { Telemetry, TelemetryMap } from '../../telemetry.ts'
import { DURATION_BUCKETS, msToSeconds } from './durations.ts'

/** The closed sets of label values. */
export interface RequestLabels {
  readonly eventTypes: readonly string[]
  /** The kinds of responses to rejected requests. */
  readonly errorKinds: readonly string[]
}

/** Counts events and rejected requests, including those that never reach a route. */
export function addRequestMetrics(registry: Registry, telemetry: Telemetry, labels: RequestLabels): void {
  const registers = [registry]
  const events = new Counter({
    name: 'digireply_events_total',
    help: 'Events answered with 200, by type, and by whether they were stored or had been stored before.',
    labelNames: ['type', 'result'],
    registers,
  })
  const rejections = new Counter({
    name: 'digireply_requests_rejected_total',
    help: 'Requests answered with anything but 200, by reason.',
    labelNames: ['reason'],
    registers,
  })
  const tokens = new Counter({
    name: 'digireply_authenticated_requests_total',
    help: 'Requests with an accepted token, by token: the current or the previous one.',
    labelNames: ['token'],
    registers,
  })
  const aborted = new Counter({
    name: 'digireply_requests_aborted_total',
    help: 'Requests whose client disconnected before they were complete.',
    registers,
  })
  const connections = new Counter({
    name: 'digireply_connections_rejected_total',
    help: 'Connections closed immediately, because too many were open.',
    registers,
  })
  const durations = new Histogram({
    name: 'digireply_request_duration_seconds',
    help: "Time from a request's headers to its response. Requests that cannot be parsed have none.",
    buckets: [...DURATION_BUCKETS],
    registers,
  })
  for (const type of labels.eventTypes) {
    for (const result of ['stored', 'replayed']) events.inc({ type, result }, 0)
  }
  for (const kind of labels.errorKinds) rejections.inc({ reason: toSnakeCase(kind) }, 0)

  const authenticated = { current: tokens.labels('current'), previous: tokens.labels('previous') }
  for (const counter of Object.values(authenticated)) counter.inc(0)

  const countEvent = (result: 'stored' | 'replayed') => {
    // Created once: looking up the labels costs more than counting.
    const counters = new Map(labels.eventTypes.map((type) => [type, events.labels({ type, result })]))
    return ({ type, durationMs }: TelemetryMap['eventStored'][0]) => {
      counters.get(type)?.inc()
      durations.observe(msToSeconds(durationMs))
    }
  }
  telemetry.on('eventStored', countEvent('stored'))
  telemetry.on('eventReplayed', countEvent('replayed'))
  telemetry.on('requestRejected', ({ kind, durationMs }) => {
    rejections.inc({ reason: toSnakeCase(kind) })
    if (durationMs !== undefined) durations.observe(msToSeconds(durationMs))
  })
  telemetry.on('authenticated', ({ token }) => authenticated[token].inc())
  telemetry.on('requestAborted', () => aborted.inc())
  telemetry.on('connectionRejected', () => connections.inc())
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
