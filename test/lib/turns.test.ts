import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Turns } from '../../src/lib/turns.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function makeTurns(timeoutMs = 1000) {
  const heard: string[] = []
  const turns = new Turns({ timeoutMs, onStall: () => heard.push('stall'), onResume: () => heard.push('resume') })
  return { turns, heard }
}

function work() {
  let end = () => {}
  let fail = (_reason: Error) => {}
  const promise = new Promise<void>((resolve, reject) => {
    end = resolve
    fail = reject
  })
  return { run: vi.fn(() => promise), end, fail }
}

test('one piece of work has its turn when the one before it has ended', async () => {
  const { turns, heard } = makeTurns()
  const [first, second] = [work(), work()]
  const turn = turns.take(first.run)
  const next = turns.take(second.run)
  await vi.advanceTimersByTimeAsync(0)
  expect([first.run, second.run].map((run) => run.mock.calls.length)).toEqual([1, 0])
  first.end()
  await turn
  await vi.advanceTimersByTimeAsync(0)
  expect(second.run).toHaveBeenCalledTimes(1)
  second.end()
  await next
  expect(heard).toEqual([])
})

test('work that fails has its turn, and tells only its own caller', async () => {
  const { turns } = makeTurns()
  const failing = turns.take(() => Promise.reject(new Error('broken')))
  const next = turns.take(() => Promise.resolve())
  await expect(failing).rejects.toThrow('broken')
  await next
})

test.for<[string, (started: ReturnType<typeof work>) => void]>([
  ['ends', ({ end }) => end()],
  ['fails', ({ fail }) => fail(new Error('broken'))],
])('a turn that takes too long counts as stalled, once, until it %s after all', async ([, finish]) => {
  const { turns, heard } = makeTurns(1000)
  const slow = work()
  const turn = turns.take(slow.run).catch(() => {})
  await vi.advanceTimersByTimeAsync(999)
  expect([turns.stalled, heard]).toEqual([false, []])
  await vi.advanceTimersByTimeAsync(1)
  expect([turns.stalled, heard]).toEqual([true, ['stall']])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(heard).toEqual(['stall'])
  finish(slow)
  await turn
  expect([turns.stalled, heard]).toEqual([false, ['stall', 'resume']])
})

test('the time of a turn begins with the turn, not with the wait for it', async () => {
  const { turns, heard } = makeTurns(1000)
  const [first, second] = [work(), work()]
  turns.take(first.run)
  const last = turns.take(second.run)
  await vi.advanceTimersByTimeAsync(900)
  first.end()
  await vi.advanceTimersByTimeAsync(900)
  expect(turns.stalled).toBe(false)
  second.end()
  await last
  expect(heard).toEqual([])
})

test('a turn that ended in time leaves no timer behind', async () => {
  const { turns } = makeTurns()
  await turns.take(() => Promise.resolve())
  expect(vi.getTimerCount()).toBe(0)
})
