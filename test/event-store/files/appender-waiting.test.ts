import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { openTestAppender, type TestAppenderOptions } from '../../support/event-store.ts'
import { type Faults, failing } from '../../support/faulty-disk.ts'
import { HeldDisk } from '../../support/held-disk.ts'

// The disk is real and takes its time. Only the timeouts are fake.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** Opens an appender whose syncs hang until `disk.release()`. */
async function openHanging({ limits, ...faults }: Faults & Pick<TestAppenderOptions, 'limits'> = {}) {
  const disk = new HeldDisk({ ...faults, hangs: true })
  const opened = await openTestAppender({ operations: disk.operations, limits: { stallTimeoutMs: 1000, ...limits } })
  onTestFinished(() => disk.release())
  return { ...opened, disk, read: () => readFileSync(`${opened.folder}/log.jsonl`, 'utf8') }
}

/** Collects what happens to a line, in order. */
function watchLine() {
  const heard: string[] = []
  return { heard, onStored: () => void heard.push('stored'), onSettled: () => void heard.push('settled') }
}

test('when the disk hangs, later callers are refused with the first ones instead of waiting for their own timeout', async () => {
  const { appender, disk, reported } = await openHanging()
  const first = expect(appender.append('first\n')).rejects.toMatchObject({ mayBeStored: true })
  await disk.holding()
  vi.advanceTimersByTime(500)
  const late = appender.append('late\n')
  vi.advanceTimersByTime(500)
  await expect(late).rejects.toThrow('log.jsonl: the disk is not responding')
  await expect(late).rejects.toMatchObject({ mayBeStored: false })
  await first
  expect(reported()).toEqual(['error: the disk is not responding: rejecting events until it does'])
})

test('a disk that hangs: a refused line settles at once if it is not stored, otherwise when the disk answers', async () => {
  const { appender, disk, read, reported } = await openHanging()
  const [written, queued, later] = [watchLine(), watchLine(), watchLine()]
  const first = appender.append('first\n', written.onStored, written.onSettled)
  await disk.holding()
  const second = appender.append('second\n', queued.onStored, queued.onSettled)
  vi.advanceTimersByTime(1000)
  await expect(first).rejects.toMatchObject({ mayBeStored: true })
  await expect(second).rejects.toMatchObject({ mayBeStored: false })
  await expect(appender.append('third\n', later.onStored, later.onSettled)).rejects.toThrow('is not responding')
  await expect(appender.checkReady()).rejects.toThrow('is not responding')
  expect([written.heard, queued.heard, later.heard]).toEqual([[], ['settled'], ['settled']])
  disk.release()
  await vi.waitFor(() => expect(written.heard).toEqual(['stored', 'settled']))
  await appender.append('last\n')
  expect(read()).toBe('first\nlast\n')
  expect(reported()).toEqual([
    'error: the disk is not responding: rejecting events until it does',
    'warn: the disk is responding again',
  ])
})

test('on a slow disk, a caller that times out learns whether the line may be stored, and a queued line is never written later', async () => {
  const { appender, disk, read } = await openHanging({ limits: { maxBatchBytes: 1 } })
  const [written, queued] = [watchLine(), watchLine()]
  const busy = appender.append('busy\n')
  await disk.holding()
  vi.advanceTimersByTime(600)
  const first = appender.append('first\n', written.onStored, written.onSettled)
  const second = appender.append('second\n', queued.onStored, queued.onSettled)
  disk.release()
  disk.hangs = true
  await busy
  await disk.holding()
  vi.advanceTimersByTime(999)
  expect(queued.heard).toEqual([])
  vi.advanceTimersByTime(1)
  await expect(first).rejects.toMatchObject({ message: 'log.jsonl: the disk is too slow', mayBeStored: true })
  await expect(second).rejects.toMatchObject({ message: 'log.jsonl: the disk is too slow', mayBeStored: false })
  expect([written.heard, queued.heard]).toEqual([[], ['settled']])
  disk.release()
  await vi.waitFor(() => expect(written.heard).toEqual(['stored', 'settled']))
  expect(read()).toBe('busy\nfirst\n')
})

test('no answered caller leaves a timer behind', async () => {
  const { appender, disk } = await openHanging({ limits: { maxQueueBytes: 10 } })
  const [before] = [vi.getTimerCount()]
  const first = appender.append('first\n')
  await disk.holding()
  await expect(appender.append('too long\n')).rejects.toThrow('too many records are waiting')
  const second = expect(appender.append('2\n')).rejects.toThrow('shutting down')
  appender.giveUp()
  await expect(first).rejects.toThrow('log.jsonl: the service is shutting down')
  await second
  disk.release()
  await appender.close()
  expect(vi.getTimerCount()).toBe(before)
})

test('lines rejected while they wait for a probe are neither written nor synced', async () => {
  const fault = failing('ENOSPC')
  const { appender, disk, read } = await openHanging({ write: fault.check })
  await expect(appender.append('first\n')).rejects.toThrow('cannot be written')
  fault.on = false
  const trial = expect(appender.checkReady()).rejects.toThrow('shutting down')
  await disk.holding()
  const waiting = expect(appender.append('second\n')).rejects.toThrow('shutting down')
  await new Promise((resolve) => setImmediate(resolve))
  appender.giveUp()
  await waiting
  disk.release()
  await trial
  await appender.close()
  expect([read(), disk.syncs]).toEqual(['', 1])
})

test('concurrent readiness checks share one probe', async () => {
  const fault = failing('ENOSPC')
  const { appender, disk } = await openHanging({ write: fault.check })
  await expect(appender.append('first\n')).rejects.toThrow('cannot be written')
  fault.on = false
  const checks = [appender.checkReady(), appender.checkReady()]
  await disk.holding()
  checks.push(appender.checkReady())
  disk.release()
  await Promise.all(checks)
  await appender.checkReady()
  expect(disk.syncs).toBe(1)
})
