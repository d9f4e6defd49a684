import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { addStoreMetrics } from '../../src/admin/metrics/store-metrics.ts'
import { createTelemetry } from '../../src/telemetry.ts'

function open({ diskSpace = async () => ({ free: 1, size: 2 }), queuedBytes = (): number => 0 } = {}) {
  const telemetry = createTelemetry()
  const registry = new Registry()
  addStoreMetrics(registry, telemetry, { isReady: async () => true, diskSpace, queuedBytes })
  const read = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values[0]?.value
  return { telemetry, read }
}

test('the queue and the disk are read at each scrape; a disk that does not respond is NaN', async () => {
  let free = 10
  const diskSpace = async () => {
    if (free === 0) throw new Error('the disk is not responding')
    return { free, size: 100 }
  }
  const { read } = open({ diskSpace, queuedBytes: () => 2 * free })
  expect(await read('digireply_queue_bytes')).toBe(20)
  expect(await read('digireply_log_directory_free_bytes')).toBe(10)
  expect(await read('digireply_log_directory_size_bytes')).toBe(100)
  free = 0
  expect(await read('digireply_queue_bytes')).toBe(0)
  expect(await read('digireply_log_directory_free_bytes')).toBeNaN()
})

test('failed rotations and deletions are counted', async () => {
  const { telemetry, read } = open()
  telemetry.emit('rotationFailed', { file: 'a', error: new Error('EPERM') })
  telemetry.emit('cleanUpFailed', { file: 'a', error: new Error('EPERM') })
  expect(await read('digireply_rotation_failures_total')).toBe(2)
})
