import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { pollFiles } from '../../src/lib/poll-files.ts'

const INTERVAL = 1000

/** Files whose reads take until the test ends them. */
function start() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const open: ((content: string) => void)[] = []
  const applied: string[] = []
  const files = pollFiles<string>(INTERVAL, {
    read: () => new Promise((resolve) => void open.push(resolve)),
    polled: (content) => applied.push(`polled ${content}`),
    reloaded: (content) => applied.push(`reloaded ${content}`),
  })
  onTestFinished(files.watch())
  const end = async (content: string) => {
    open.shift()?.(content)
    await setImmediate()
  }
  return { files, open, applied, end }
}

test('a read that takes long is not joined by others', async () => {
  const { files, open, applied, end } = start()
  vi.advanceTimersByTime(3 * INTERVAL)
  const reloads = [files.reload(), files.reload()]
  vi.advanceTimersByTime(3 * INTERVAL)
  expect(open).toHaveLength(1)
  await end('old')
  expect(open).toHaveLength(1)
  vi.advanceTimersByTime(3 * INTERVAL)
  expect(open).toHaveLength(1)
  await end('new')
  await Promise.all(reloads)
  expect(applied).toEqual(['polled old', 'reloaded new'])
})

test('a reload during a reload reads again', async () => {
  const { files, open, applied, end } = start()
  const first = files.reload()
  const second = files.reload()
  await end('old')
  await first
  expect(applied).toEqual(['reloaded old'])
  expect(open).toHaveLength(1)
  await end('new')
  await second
  expect(applied).toEqual(['reloaded old', 'reloaded new'])
  expect(open).toHaveLength(0)
})

test('polling continues after a read', async () => {
  const { applied, end } = start()
  for (const content of ['a', 'b']) {
    vi.advanceTimersByTime(INTERVAL)
    await end(content)
  }
  expect(applied).toEqual(['polled a', 'polled b'])
})
