import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { BatchQueue, Entry } from '../../../src/event-store/shared/batch-queue.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function makeEntry(line: string, timeoutMs = 1000) {
  const calls: string[] = []
  const hear = (name: string) => () => void calls.push(name)
  const options = { line, onStored: hear('stored'), onSettled: hear('settled'), resolve: hear('resolved') }
  const reject = (reason: Error) => void calls.push(reason.message)
  const entry = new Entry({ ...options, reject }, timeoutMs, (late) => calls.push(`late ${late.line}`))
  return { entry, calls }
}

const linesOf = (entries: readonly Entry[]) => entries.map(({ line }) => line)

function fill(maxBytes: number, lines: readonly string[]) {
  const queue = new BatchQueue(maxBytes)
  const entries = lines.map((line) => makeEntry(line).entry)
  for (const entry of entries) queue.push(entry)
  return { queue, entries }
}

describe('an entry', () => {
  test('onStored is called before the append resolves', () => {
    const { entry, calls } = makeEntry('a')
    entry.store()
    expect(calls).toEqual(['stored', 'resolved'])
  })

  test('a rejection passes on the reason, and does not settle the line', () => {
    const { entry, calls } = makeEntry('a')
    entry.reject(new Error('no room'))
    expect(calls).toEqual(['no room'])
    entry.settle()
    expect(calls).toEqual(['no room', 'settled'])
  })

  test('a pending entry expires exactly at its timeout', () => {
    const { calls } = makeEntry('a', 1000)
    vi.advanceTimersByTime(999)
    expect(calls).toEqual([])
    vi.advanceTimersByTime(1)
    expect(calls).toEqual(['late a'])
  })

  test.for<[string, (entry: Entry) => void]>([
    ['stored', (entry) => entry.store()],
    ['rejected', (entry) => entry.reject(new Error('no'))],
  ])('an entry that was %s leaves no timer behind', ([, answer]) => {
    const { entry } = makeEntry('a')
    expect(vi.getTimerCount()).toBe(1)
    answer(entry)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('size is counted in bytes, not characters', () => {
    expect(makeEntry('é🎉').entry.bytes).toBe(6)
  })
})

describe('the queue', () => {
  test.for<[number, string[]]>([
    [1, ['aaa']],
    [3, ['aaa']],
    [4, ['aaa']],
    [5, ['aaa', 'bb']],
    [6, ['aaa', 'bb', 'c']],
    [99, ['aaa', 'bb', 'c']],
  ])('a batch of at most %d bytes takes whole lines in order, and at least one', ([maxBytes, expected]) => {
    const { queue } = fill(100, ['aaa', 'bb', 'c'])
    expect(linesOf(queue.takeBatch(maxBytes))).toEqual(expected)
    expect(linesOf(queue.batch)).toEqual(expected)
    expect(queue.isEmpty).toBe(expected.length === 3)
  })

  test('there is room up to the limit, and not a byte beyond it', () => {
    const { queue } = fill(10, ['aaaa'])
    expect([queue.isFullFor(6), queue.isFullFor(7)]).toEqual([false, true])
  })

  test('an empty queue accepts a line of any length', () => {
    const { queue } = fill(10, [])
    expect(queue.isFullFor(11)).toBe(false)
  })

  test('a batch counts until it is finished', () => {
    const { queue } = fill(10, ['aaaa', 'bbbb'])
    expect(queue.batch).toEqual([])
    queue.takeBatch(4)
    expect(queue.isFullFor(3)).toBe(true)
    queue.finishBatch()
    expect(queue.batch).toEqual([])
    expect([queue.isFullFor(6), queue.isFullFor(7)]).toEqual([false, true])
  })

  test('a removed line no longer waits, and frees its bytes once', () => {
    const { queue, entries } = fill(10, ['aaaa', 'bb', 'cc'])
    const [, second] = entries
    expect(second && [queue.remove(second), queue.remove(second)]).toEqual([true, false])
    expect([queue.isFullFor(4), queue.isFullFor(5)]).toEqual([false, true])
    expect(linesOf(queue.takeBatch(100))).toEqual(['aaaa', 'cc'])
  })

  test('a line that is being written can no longer be removed', () => {
    const { queue, entries } = fill(10, ['aaaa', 'bb'])
    queue.takeBatch(4)
    const [written] = entries
    expect(written && queue.remove(written)).toBe(false)
    expect(linesOf(queue.removeAll())).toEqual(['bb'])
    expect([queue.isFullFor(6), queue.isFullFor(7)]).toEqual([false, true])
  })

  test('removing everything that waits frees all its bytes', () => {
    const { queue } = fill(10, ['aaaa', 'bb'])
    expect(linesOf(queue.removeAll())).toEqual(['aaaa', 'bb'])
    expect([queue.isEmpty, queue.isFullFor(11)]).toEqual([true, false])
  })

  test('however batches are cut, every line goes out once and in order', () => {
    const text = fc.string({ minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(fc.array(text), fc.nat(20), (lines, maxBytes) => {
        const { queue } = fill(1000, lines)
        const written: string[] = []
        while (!queue.isEmpty) {
          const batch = queue.takeBatch(maxBytes)
          const bytes = batch.reduce((sum, entry) => sum + entry.bytes, 0)
          expect(batch.length === 1 || bytes <= maxBytes).toBe(true)
          written.push(...linesOf(batch))
          queue.finishBatch()
        }
        expect(written).toEqual(lines)
        expect(queue.isFullFor(2000)).toBe(false)
      }),
    )
  })
})
