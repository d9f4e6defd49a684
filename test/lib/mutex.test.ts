import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Mutex } from '../../src/lib/mutex.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function makeMutex(timeoutMs = 1000) {
  const calls: string[] = []
  const mutex = new Mutex({ timeoutMs, onStall: () => calls.push('stall'), onResume: () => calls.push('resume') })
  return { mutex, calls }
}

function makeTask() {
  let end = () => {}
  let fail = (_reason: Error) => {}
  const promise = new Promise<void>((resolve, reject) => {
    end = resolve
    fail = reject
  })
  return { run: vi.fn(() => promise), end, fail }
}

test('a task starts only when the one before it has ended', async () => {
  const { mutex, calls } = makeMutex()
  const [first, second] = [makeTask(), makeTask()]
  const turn = mutex.run(first.run)
  const next = mutex.run(second.run)
  await vi.advanceTimersByTimeAsync(0)
  expect([first.run, second.run].map((run) => run.mock.calls.length)).toEqual([1, 0])
  first.end()
  await turn
  await vi.advanceTimersByTimeAsync(0)
  expect(second.run).toHaveBeenCalledTimes(1)
  second.end()
  await next
  expect(calls).toEqual([])
})

test('a failure reaches only its own caller, and the next task starts', async () => {
  const { mutex } = makeMutex()
  const failing = mutex.run(() => Promise.reject(new Error('broken')))
  const next = mutex.run(() => Promise.resolve())
  await expect(failing).rejects.toThrow('broken')
  await next
})

test.for<[string, (started: ReturnType<typeof makeTask>) => void]>([
  ['ends', ({ end }) => end()],
  ['fails', ({ fail }) => fail(new Error('broken'))],
])('a task that takes too long is reported once, and counts as stalled until it %s', async ([, finish]) => {
  const { mutex, calls } = makeMutex(1000)
  const slow = makeTask()
  const turn = mutex.run(slow.run).catch(() => {})
  await vi.advanceTimersByTimeAsync(999)
  expect([mutex.stalled, calls]).toEqual([false, []])
  await vi.advanceTimersByTimeAsync(1)
  expect([mutex.stalled, calls]).toEqual([true, ['stall']])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(calls).toEqual(['stall'])
  finish(slow)
  await turn
  expect([mutex.stalled, calls]).toEqual([false, ['stall', 'resume']])
})

test('the time spent waiting for earlier tasks does not count', async () => {
  const { mutex, calls } = makeMutex(1000)
  const [first, second] = [makeTask(), makeTask()]
  mutex.run(first.run)
  const last = mutex.run(second.run)
  await vi.advanceTimersByTimeAsync(900)
  first.end()
  await vi.advanceTimersByTimeAsync(900)
  expect(mutex.stalled).toBe(false)
  second.end()
  await last
  expect(calls).toEqual([])
})

test('a task that settles in time leaves no timer behind', async () => {
  const { mutex } = makeMutex()
  await mutex.run(() => Promise.resolve())
  expect(vi.getTimerCount()).toBe(0)
})
