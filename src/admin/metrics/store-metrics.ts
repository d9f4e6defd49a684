import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Telemetry } from '../../telemetry.ts'
import { DURATION_BUCKETS, msToSeconds } from './durations.ts'

export interface StoreSources {
  /** Tries whether events can be stored. */
  readonly isReady: () => Promise<boolean>
  /** Bytes that wait to be stored. */
  readonly queuedBytes: () => number
  /** The free and total bytes of the file system that holds the log directory; absent if there is none. */
  readonly diskSpace: (() => Promise<{ readonly free: number; readonly size: number }>) | undefined
}

/** Observes the event store and its disk. */
export function addStoreMetrics(registry: Registry, telemetry: Telemetry, sources: StoreSources): void {
  const registers = [registry]
  const durations = new Histogram({
    name: 'digireply_append_duration_seconds',
    help: 'Time to write a batch of records and sync it.',
    buckets: [...DURATION_BUCKETS],
    registers,
  })
  const batches = new Histogram({
    name: 'digireply_append_batch_records',
    help: 'Records in a batch.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    registers,
  })
  const failures = new Counter({
    name: 'digireply_rotation_failures_total',
    help: 'Log files that could not be rotated, compressed or deleted.',
    registers,
  })
  new Gauge({
    name: 'digireply_store_up',
    help: 'Whether events can be stored right now (1) or not (0).',
    registers,
    async collect() {
      this.set((await sources.isReady()) ? 1 : 0)
    },
  })
  new Gauge({
    name: 'digireply_queue_bytes',
    help: 'Bytes of records that wait to be stored.',
    registers,
    collect() {
      this.set(sources.queuedBytes())
    },
  })
  const { diskSpace } = sources
  const addSpace = (key: 'free' | 'size', help: string) =>
    diskSpace &&
    new Gauge({
      name: `digireply_log_directory_${key}_bytes`,
      help: `${help} NaN if the disk does not respond.`,
      registers,
      async collect() {
        const space = await diskSpace().catch(() => undefined)
        this.set(space?.[key] ?? Number.NaN)
      },
    })
  addSpace('free', 'Free bytes of the file system that holds the log directory.')
  addSpace('size', 'Size of the file system that holds the log directory.')

  telemetry.on('batchWritten', ({ lines, durationMs }) => {
    durations.observe(msToSeconds(durationMs))
    batches.observe(lines)
  })
  telemetry.on('rotationFailed', () => failures.inc())
  telemetry.on('cleanUpFailed', () => failures.inc())
}
