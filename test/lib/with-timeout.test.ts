import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withTimeout } from '../../src/lib/with-timeout.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const tooLate = () => new Error('too late')

test('rejects exactly at the timeout', async () => {
  const onRejected = vi.fn()
  const outcome = withTimeout(1000, tooLate, new Promise(() => {})).catch(onRejected)
  await vi.advanceTimersByTimeAsync(999)
  expect(onRejected).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  await outcome
  expect(onRejected).toHaveBeenCalledWith(tooLate())
})

test.for<[string, () => Promise<void>]>([
  ['ends', () => Promise.resolve()],
  ['fails', () => Promise.reject(new Error('broken'))],
])('work that %s in time determines the outcome, and leaves no timer behind', async ([, work]) => {
  const [expected, outcome] = await Promise.allSettled([work(), withTimeout(1000, tooLate, work())])
  expect(outcome).toEqual(expected)
  expect(vi.getTimerCount()).toBe(0)
})
