import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withTimeout } from '../../src/lib/with-timeout.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const tooLate = () => new Error('too late')

test('it waits for exactly the time allowed', async () => {
  const waiting = vi.fn()
  const outcome = withTimeout(1000, tooLate, new Promise(() => {})).catch(waiting)
  await vi.advanceTimersByTimeAsync(999)
  expect(waiting).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  await outcome
  expect(waiting).toHaveBeenCalledWith(tooLate())
})

test.for<[string, () => Promise<void>]>([
  ['ends', () => Promise.resolve()],
  ['fails', () => Promise.reject(new Error('broken'))],
])('work that %s in time passes on its outcome and leaves no timer behind', async ([, work]) => {
  const [expected, outcome] = await Promise.allSettled([work(), withTimeout(1000, tooLate, work())])
  expect(outcome).toEqual(expected)
  expect(vi.getTimerCount()).toBe(0)
})
