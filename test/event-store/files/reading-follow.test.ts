import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Cursor, PositionGoneError } from '../../../src/event-store/event-reader.ts'
import type { FileEventReader } from '../../../src/event-store/files/reading/file-event-reader.ts'
import { collect, type Kind, LogFiles } from '../../support/log-files.ts'
import { step, take } from '../../support/log-steps.ts'
import { propertyRuns } from '../../support/property-runs.ts'
import { until } from '../../support/wait.ts'

/** Follows in the background. */
function follow(reader: FileEventReader<Kind>, after: Cursor<Kind> = {}) {
  const controller = new AbortController()
  const seen: Record<Kind, string[]> = { a: [], b: [] }
  const progress = { cursor: after }
  const ended = (async () => {
    for await (const { entry, cursor } of reader.follow({ after, signal: controller.signal })) {
      seen[entry.kind].push(entry.id)
      progress.cursor = cursor
    }
  })()
  const stop = async () => {
    controller.abort()
    await ended
  }
  return { seen, progress, ended, stop }
}

test('a follower sees every entry exactly once, whatever happens to the files meanwhile', async () => {
  const pause = fc.integer({ min: 0, max: 8 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(step, pause), { maxLength: 25 }), fc.nat(20), async (steps, restartAfter) => {
      const logs = new LogFiles()
      let follower = follow(logs.reader())
      const seen: Record<Kind, string[]> = { a: [], b: [] }
      const finish = async () => {
        await follower.stop()
        seen.a.push(...follower.seen.a)
        seen.b.push(...follower.seen.b)
      }
      for (const [index, [step, pauseMs]] of steps.entries()) {
        take(step, logs)
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
        if (index === restartAfter) {
          await finish()
          follower = follow(logs.reader(), follower.progress.cursor)
        }
      }
      const expected = logs.appended.a.length + logs.appended.b.length
      const count = () => [seen, follower.seen].flatMap(({ a, b }) => [...a, ...b]).length
      await until(() => expect(count()).toBeGreaterThanOrEqual(expected), 2000)
      await finish()
      expect(seen).toEqual(logs.appended)
    }),
    propertyRuns(25),
  )
})

describe('a follower', () => {
  test('waits for the first file, and then for every other', async () => {
    const logs = new LogFiles()
    const { seen } = autoStop(follow(logs.reader()))
    for (let i = 0; i < 3; i++) {
      logs.append('a')
      await until(() => expect(seen.a).toEqual(logs.appended.a))
      logs.rotate('a', i % 2 === 0 ? 'dated' : 'numbered')
    }
  })

  test('is not disturbed when a file that it has read is deleted, long after its rotation or at once', async () => {
    const logs = new LogFiles()
    const { seen } = autoStop(follow(logs.reader()))
    logs.append('a')
    await until(() => expect(seen.a).toHaveLength(1))
    const name = logs.rotate('a', 'dated') ?? ''
    await new Promise((resolve) => setTimeout(resolve, 30))
    logs.delete(name)
    await new Promise((resolve) => setTimeout(resolve, 30))
    logs.append('a')
    await until(() => expect(seen.a).toHaveLength(2))
    logs.delete('a.jsonl')
    logs.append('a')
    await until(() => expect(seen.a).toEqual(logs.appended.a))
  })

  test('goes on with what is new, not with what is old, after its file was deleted', async () => {
    const logs = new LogFiles()
    for (let i = 0; i < 2; i++) {
      logs.append('a')
      logs.rotate('a', 'numbered')
    }
    const { seen } = autoStop(follow(logs.reader()))
    await until(() => expect(seen.a).toHaveLength(2))
    logs.delete('a.jsonl.1')
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (i > 0) logs.append('a')
    }
    await until(() => expect(seen.a).toEqual(logs.appended.a))
  })

  test('that was kept waiting by its consumer learns that files may have come and gone', async () => {
    const logs = new LogFiles()
    logs.append('a')
    logs.append('b')
    const controller = new AbortController()
    const following = logs.reader().follow({ signal: controller.signal })
    await following.next()
    const now = vi.spyOn(performance, 'now')
    onTestFinished(() => now.mockRestore())
    await following.next()
    const name = logs.rotate('a', 'dated') ?? ''
    logs.delete(name)
    logs.append('a')
    const later = performance.now() + 120_000
    now.mockImplementation(() => later)
    await expect(following.next()).rejects.toThrow(PositionGoneError)
  })

  test('ends with an error if its position is gone', async () => {
    const logs = new LogFiles()
    logs.append('a')
    const end = await logs.reader().end()
    logs.delete('a.jsonl')
    logs.append('a')
    await expect(follow(logs.reader(), end).ended).rejects.toThrow(PositionGoneError)
  })

  test('is woken, and need not wait for its next look', async () => {
    const logs = new LogFiles()
    const reader = logs.reader({ pollMs: 60_000 })
    const { seen, stop } = follow(reader)
    logs.append('a')
    await until(() => {
      reader.wake()
      expect(seen.a).toHaveLength(1)
    })
    await stop()
  })

  test('ends at once when its signal aborts, even before it begins', async () => {
    const logs = new LogFiles()
    const { stop } = follow(logs.reader({ pollMs: 60_000 }))
    await new Promise((resolve) => setTimeout(resolve, 20))
    await stop()
    logs.append('a')
    expect(await collect(logs.reader().follow({ signal: AbortSignal.abort() }))).toEqual([])
  })

  test('looks at every kind, even if one of them never ends', async () => {
    const logs = new LogFiles()
    for (let i = 0; i < 10; i++) logs.append('a')
    const controller = new AbortController()
    const kinds: Kind[] = []
    for await (const { entry } of logs.reader({ pollMs: 1 }).follow({ signal: controller.signal })) {
      kinds.push(entry.kind)
      if (kinds.length === 1) logs.append('b', { received: 'while a goes on' })
      logs.append('a')
      if (entry.kind === 'b' || kinds.length === 1000) controller.abort()
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(kinds).toContain('b')
  })
})

function autoStop<F extends { stop: () => Promise<void> }>(follower: F): F {
  onTestFinished(() => follower.stop())
  return follower
}
