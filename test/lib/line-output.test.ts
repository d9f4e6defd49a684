import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { LineOutput } from '../../src/lib/line-output.ts'
import type { Sink } from '../../src/lib/stdout-sink.ts'

type Outcome = 'fails' | 'accepts all' | number

/** A destination that handles each write according to the script, and accepts everything after its end. */
function scriptedSink(outcomes: Outcome[]) {
  let received = ''
  const accept = (bytes: Buffer): Error | null => {
    const outcome = outcomes.shift() ?? 'accepts all'
    if (outcome === 'fails') return new Error('ENOSPC')
    received += bytes.toString('latin1', 0, outcome === 'accepts all' ? bytes.length : outcome)
    return null
  }
  const sink: Sink = {
    write(bytes, done) {
      const before = received.length
      const error = accept(bytes)
      queueMicrotask(() => done(error, received.length - before))
    },
    writeLast: (unfinished, more) => void accept(Buffer.concat([unfinished, more])),
  }
  return { sink, received: () => received }
}

function open(outcomes: Outcome[], maxWaiting = 1000) {
  const { sink, received } = scriptedSink(outcomes)
  const onDropped = vi.fn<(total: number) => void>()
  return { output: new LineOutput({ sink, maxWaiting, onDropped }), received, onDropped }
}

const turns = (count: number) =>
  Array.from({ length: count }).reduce<Promise<void>>(
    (before) => before.then(() => new Promise((resolve) => setImmediate(resolve))),
    Promise.resolve(),
  )

test('lines of one turn of the event loop are written together', async () => {
  const { sink, received } = scriptedSink([])
  const write = vi.spyOn(sink, 'write')
  const output = new LineOutput({ sink, maxWaiting: 1000, onDropped: () => {} })
  for (const line of ['a\n', 'b\n', 'c\n']) output.write(line)
  await turns(2)
  expect(received()).toBe('a\nb\nc\n')
  expect(write).toHaveBeenCalledTimes(1)
})

test('whatever the destination does, every line is written whole and in order, or dropped and counted', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const outcome = fc.oneof(fc.constantFrom<Outcome>('fails', 'accepts all', 0), fc.nat(20))
  const lineGroups = fc.array(fc.array(fc.nat(12), { maxLength: 5 }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(lineGroups, fc.array(outcome, { maxLength: 30 }), async (groups, outcomes) => {
      const { output, received, onDropped } = open(outcomes, 40)
      const lines: string[] = []
      const write = (length: number) => {
        const line = `${lines.length}:${'x'.repeat(length)}\n`
        lines.push(line)
        output.write(line)
      }
      for (const group of groups) {
        group.forEach(write)
        await turns(2)
      }
      while (outcomes.length > 0) {
        vi.advanceTimersByTime(100)
        await turns(2)
        write(0)
        await turns(2)
      }
      vi.advanceTimersByTime(100)
      await turns(3)
      output.write('end\n')
      await turns(3)

      const written = received().split(/(?<=\n)/)
      expect(written.pop()).toBe('end\n')
      expect(lines.filter((line) => written.includes(line))).toEqual(written)
      const dropped = lines.length - written.length
      expect(onDropped.mock.lastCall ?? [0]).toEqual([dropped])
    }),
  )
})

test('flush writes the waiting lines after the unfinished write', async () => {
  const { output, received } = open([3, 0])
  output.write('first\n')
  await turns(2)
  output.write('second\n')
  output.flush()
  expect(received()).toBe('first\nsecond\n')
})

test('flush does not lose lines written in the same turn', () => {
  const { output, received } = open([])
  output.write('last words\n')
  output.flush()
  expect(received()).toBe('last words\n')
})
