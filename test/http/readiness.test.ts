/** /readyz reports a change of its state once, however often it is asked. */
import { expect, test } from 'vitest'
import { StoreUnavailableError } from '../../src/event-store/event-store.ts'
import { createTelemetry } from '../../src/telemetry.ts'
import { buildTestApp, emptyEventStore } from '../support/app.ts'

function appWithDisk() {
  const disk = { error: undefined as Error | undefined }
  const telemetry = createTelemetry()
  const emitted: unknown[] = []
  telemetry.on('readinessLost', (payload) => emitted.push(['lost', payload]))
  telemetry.on('readinessRegained', (payload) => emitted.push(['regained', payload]))
  telemetry.on('requestRejected', (payload) => emitted.push(['rejected', payload]))
  const checkReady = async () => {
    if (disk.error) throw disk.error
  }
  const app = buildTestApp({ services: { telemetry, eventStore: { ...emptyEventStore, checkReady } } })
  return { disk, emitted, readyz: () => app.fastify.inject({ url: '/readyz' }) }
}

test('a failure is reported at the first probe and its end at the first successful one', async () => {
  const { disk, emitted, readyz } = appWithDisk()
  expect((await readyz()).json()).toEqual({ status: 'ready' })
  const cause = new Error('ENOSPC')
  disk.error = new StoreUnavailableError('a.jsonl: the disk is full', { cause })
  for (const probe of [await readyz(), await readyz()]) {
    expect([probe.statusCode, probe.json()]).toEqual([
      503,
      { error: 'Event log unavailable', reason: 'a.jsonl: the disk is full' },
    ])
    expect(probe.headers['retry-after']).toBe('5')
  }
  expect(emitted).toEqual([['lost', { reason: 'a.jsonl: the disk is full', cause }]])

  disk.error = undefined
  expect((await readyz()).statusCode).toBe(200)
  await readyz()
  expect(emitted.slice(1)).toEqual([['regained', { failedMs: expect.any(Number) }]])

  disk.error = new StoreUnavailableError('again')
  await readyz()
  expect(emitted.slice(2)).toEqual([['lost', { reason: 'again', cause: undefined }]])
})

test('an unexpected error is a 500 that is logged each time', async () => {
  const { disk, emitted, readyz } = appWithDisk()
  disk.error = new TypeError('a bug')
  expect((await readyz()).statusCode).toBe(500)
  expect(emitted).toMatchObject([['rejected', { status: 500, cause: disk.error }]])
})
