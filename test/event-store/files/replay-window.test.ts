import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { ReplayWindow } from '../../../src/event-store/files/replay-window.ts'

const HOUR = 3_600_000

test('removes an id after its time to live, on a monotonic clock', () => {
  let now = 0
  const window = new ReplayWindow({ ttlMs: 1000, maxEvents: 10 }, () => now)
  window.add('a')
  now = 999
  vi.setSystemTime(Date.now() + 10 * 24 * HOUR)
  expect(window.has('a')).toBe(true)
  vi.useRealTimers()
  now = 1000
  expect(window.has('a')).toBe(false)
})

test('keeps at most the maximum number of ids, the newest ones', () => {
  const window = new ReplayWindow({ ttlMs: 1000, maxEvents: 2 }, () => 0)
  for (const name of ['a', 'b', 'c']) window.add(name)
  expect(['a', 'b', 'c'].map((name) => window.has(name))).toEqual([false, true, true])
})

test('takes the age of added ids into account', () => {
  const window = new ReplayWindow({ ttlMs: 1000, maxEvents: 10 }, () => 5000)
  window.add('old', 1000)
  window.add('fresh', 999)
  expect([window.has('old'), window.has('fresh')]).toEqual([false, true])
})

test('keeps removing ids after it has been empty', () => {
  const window = new ReplayWindow({ ttlMs: 1000, maxEvents: 2 }, () => 0)
  window.add('x', 1000)
  expect(window.size).toBe(0)
  for (const name of ['a', 'b', 'c', 'd']) window.add(name)
  expect(['a', 'b', 'c', 'd'].map((name) => window.has(name))).toEqual([false, false, true, true])
  expect(window.size).toBe(2)
})

test('frees the memory of expired ids at the next add', () => {
  let now = 0
  const window = new ReplayWindow({ ttlMs: 1000, maxEvents: 100 }, () => now)
  for (let second = 0; second < 5; second++) {
    now = second * 1000
    for (let id = 0; id < 50; id++) window.add(`${second}-${id}`)
    expect(window.size).toBe(50)
  }
})

test('is disabled by a time or a number of 0, and keeps nothing', () => {
  for (const limits of [
    { ttlMs: 0, maxEvents: 10 },
    { ttlMs: 1000, maxEvents: 0 },
  ]) {
    const window = new ReplayWindow(limits, () => 0)
    window.add('a')
    expect([window.enabled, window.has('a'), window.size]).toEqual([false, false, 0])
  }
})

/** Adds an id of the given age, or lets time pass. */
type Step = { readonly id: string; readonly ageMs: number } | { readonly passMs: number }

const IDS = ['a', 'b', 'c', 'd', 'e', 'f']
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ id: fc.constantFrom(...IDS), ageMs: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ id: fc.constantFrom(...IDS), ageMs: fc.nat(12) }) },
    { weight: 1, arbitrary: fc.record({ passMs: fc.nat(6) }) },
  ),
  { maxLength: 60 },
)
const limits = fc.record({ ttlMs: fc.integer({ min: 1, max: 10 }), maxEvents: fc.integer({ min: 1, max: 5 }) })

test('keeps an id exactly as long as it is young enough and not too many others were added after it', () => {
  fc.assert(
    fc.property(steps, limits, (history, { ttlMs, maxEvents }) => {
      let now = 100
      const window = new ReplayWindow({ ttlMs, maxEvents }, () => now)
      const added: { id: string; storedAt: number }[] = []
      const isKept = (id: string) => {
        const last = added.findLastIndex((add) => add.id === id)
        const since = new Set(added.slice(last + 1).map((add) => add.id))
        return last !== -1 && now - (added[last]?.storedAt ?? 0) < ttlMs && since.size < maxEvents
      }
      for (const step of history as Step[]) {
        if ('passMs' in step) {
          now += step.passMs
        } else {
          added.push({ id: step.id, storedAt: now - step.ageMs })
          window.add(step.id, step.ageMs)
        }
        expect(IDS.filter((id) => window.has(id))).toEqual(IDS.filter(isKept))
        expect(window.size).toBeLessThanOrEqual(maxEvents)
      }
      now += ttlMs
      window.add('last')
      expect(window.size).toBeLessThanOrEqual(1)
    }),
    { numRuns: 2000 },
  )
})
