import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { openTestAppender, type TestAppenderOptions } from '../../support/event-store.ts'
import { failing, faultyDisk } from '../../support/faulty-disk.ts'

// The disk is real and takes its time. Only the timeouts are fake.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** An appender whose syncs hang while `hangs`, until `release` is called. */
async function openHanging({
  limits,
  ...faults
}: Partial<Parameters<typeof faultyDisk>[0]> & TestAppenderOptions = {}) {
  const disk = { hangs: true, syncs: 0, release: () => {} }
  const hang = () =>
    new Promise<void>((resolve) => {
      disk.release = () => {
        disk.hangs = false
        resolve()
      }
    })
  const datasync = () => {
    disk.syncs++
    return disk.hangs ? hang() : undefined
  }
  const opened = await openTestAppender({
    operations: faultyDisk({ ...faults, datasync }),
    limits: { stallTimeoutMs: 1000, ...limits },
  })
  onTestFinished(() => disk.release())
  // Not vi.waitFor, which advances the fake timers.
  const syncing = async (count: number) => {
    while (disk.syncs < count) await new Promise((resolve) => setImmediate(resolve))
  }
  const read = () => readFileSync(`${opened.folder}/log.jsonl`, 'utf8')
  return { ...opened, disk, syncing, read }
}

/** Collects what happens to a line, in order. */
function watchLine() {
  const heard: string[] = []
  return { heard, onStored: () => void heard.push('stored'), onSettled: () => void heard.push('settled') }
}

test('when the disk hangs, later callers are refused with the first ones instead of waiting for their own timeout', async () => {
  const { appender, syncing, reported } = await openHanging()
  const first = expect(appender.append('first\n')).rejects.toMatchObject({ mayBeStored: true })
  await syncing(1)
  vi.advanceTimersByTime(500)
  const late = appender.append('late\n')
  vi.advanceTimersByTime(500)
  await expect(late).rejects.toThrow('log.jsonl: the disk does not answer')
  await expect(late).rejects.toMatchObject({ mayBeStored: false })
  await first
  expect(reported()).toEqual(['error: The disk has not answered for 1 s. Events are refused until it does.'])
})

test('a refused line settles at once if it is not stored, otherwise when the disk answers', async () => {
  const { appender, disk, syncing, read, reported } = await openHanging()
  const [written, queued, refused] = [watchLine(), watchLine(), watchLine()]
  const first = appender
    .append('first\n', written.onStored, written.onSettled)
    .catch(() => written.heard.push('refused'))
  await syncing(1)
  const second = appender.append('second\n', queued.onStored, queued.onSettled).catch(() => {})
  vi.advanceTimersByTime(1000)
  await Promise.all([first, second])
  await appender.append('third\n', refused.onStored, refused.onSettled).catch(() => {})
  expect([written.heard, queued.heard, refused.heard]).toEqual([['refused'], ['settled'], ['settled']])
  disk.release()
  await vi.waitFor(() => expect(written.heard).toEqual(['refused', 'stored', 'settled']))
  expect(read()).toBe('first\n')
  expect(reported().at(-1)).toBe('warn: The disk answers again.')
})

test('on a slow disk, a caller that times out learns whether the line may be stored, and a queued line is never written later', async () => {
  const { appender, disk, syncing, read } = await openHanging({ limits: { maxBatchBytes: 1 } })
  const [written, queued] = [watchLine(), watchLine()]
  const busy = appender.append('busy\n')
  await syncing(1)
  vi.advanceTimersByTime(600)
  const first = appender.append('first\n', written.onStored, written.onSettled)
  const second = appender.append('second\n', queued.onStored, queued.onSettled)
  disk.release()
  disk.hangs = true
  await busy
  await syncing(2)
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
  const { appender, disk, syncing } = await openHanging({ limits: { maxQueueBytes: 10 } })
  const [before] = [vi.getTimerCount()]
  const first = appender.append('first\n')
  await syncing(1)
  await expect(appender.append('too long\n')).rejects.toThrow('too many records wait')
  const second = expect(appender.append('2\n')).rejects.toThrow('shutting down')
  appender.giveUp()
  await expect(first).rejects.toThrow('log.jsonl: the service is shutting down')
  await second
  disk.release()
  await appender.close()
  expect(vi.getTimerCount()).toBe(before)
})

test('lines refused while they wait for a trial write are neither written nor synced', async () => {
  const fault = failing('ENOSPC')
  const { appender, disk, syncing, read } = await openHanging({ write: fault.check })
  await expect(appender.append('first\n')).rejects.toThrow('cannot be written')
  fault.on = false
  const trial = expect(appender.checkReady()).rejects.toThrow('shutting down')
  await syncing(1)
  const waiting = expect(appender.append('second\n')).rejects.toThrow('shutting down')
  await new Promise((resolve) => setImmediate(resolve))
  appender.giveUp()
  await waiting
  disk.release()
  await trial
  await appender.close()
  expect([read(), disk.syncs]).toEqual(['', 1])
})

test('concurrent readiness checks share one trial write', async () => {
  const fault = failing('ENOSPC')
  const { appender, disk, syncing } = await openHanging({ write: fault.check })
  await expect(appender.append('first\n')).rejects.toThrow('cannot be written')
  fault.on = false
  const checks = [appender.checkReady(), appender.checkReady()]
  await syncing(1)
  checks.push(appender.checkReady())
  disk.release()
  await Promise.all(checks)
  await appender.checkReady()
  expect(disk.syncs).toBe(1)
})
