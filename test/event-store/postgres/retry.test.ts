import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Retry } from '../../../src/event-store/postgres/retry.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** @returns how long it waits, in milliseconds */
async function waitFor(retry: Retry, isUrgent = () => false): Promise<number> {
  const startedAt = performance.now()
  const waiting = retry.waitForTurn(isUrgent)
  await vi.runAllTimersAsync()
  await waiting
  return performance.now() - startedAt
}

test('it waits longer after each failure, at random so that receivers spread', async () => {
  const retry = new Retry({ minRetryMs: 100, maxRetryMs: 1000 })
  expect(await waitFor(retry)).toBe(0)
  for (const longest of [100, 200, 400, 800, 1000, 1000]) {
    retry.failed()
    const waited = await waitFor(retry)
    expect(waited).toBeGreaterThanOrEqual(longest / 2)
    expect(waited).toBeLessThanOrEqual(longest + 1)
  }
  expect(retry.succeeded()).toBeGreaterThan(1000)
  expect(retry.isFailing).toBe(false)
  expect(retry.succeeded()).toBeUndefined()
  retry.failed()
  expect(await waitFor(retry)).toBeLessThanOrEqual(101)
})

test('an urgent caller waits only as long as after a first failure, also if it becomes urgent meanwhile', async () => {
  const retry = new Retry({ minRetryMs: 100, maxRetryMs: 10_000 })
  for (let i = 0; i < 7; i++) retry.failed()
  expect(await waitFor(retry, () => true)).toBe(100)
  retry.failed()
  let isUrgent = false
  const startedAt = performance.now()
  const waiting = retry.waitForTurn(() => isUrgent)
  await vi.advanceTimersByTimeAsync(30)
  isUrgent = true
  retry.hurry()
  await vi.advanceTimersByTimeAsync(70)
  await waiting
  expect(performance.now() - startedAt).toBe(100)
})
