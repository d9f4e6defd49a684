import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countingDisk } from '../../support/faulty-disk.ts'
import { collect, LogFiles } from '../../support/log-files.ts'
import { step, take } from '../../support/log-steps.ts'
import { propertyRuns } from '../../support/property-runs.ts'

const HOUR = 3_600_000

describe('what was received since a time', () => {
  test('is what a filter would leave over, with records up to an hour out of order', async () => {
    const disorder = fc.array(fc.integer({ min: -HOUR / 2, max: HOUR / 2 }), { minLength: 1, maxLength: 60 })
    const filler = fc.constantFrom(10, 5000, 100_000)
    await fc.assert(
      fc.asyncProperty(
        disorder,
        filler,
        fc.nat(9),
        fc.double({ min: 0, max: 1.1, noNaN: true }),
        async (shifts, length, rotateEvery, share) => {
          const logs = new LogFiles()
          const start = logs.now
          for (const [index, shift] of shifts.entries()) {
            logs.now = start + index * (HOUR / 4) + shift
            logs.append('a', { filler: 'x'.repeat(length) })
            if (rotateEvery > 0 && index % rotateEvery === 0) {
              const name = logs.rotate('a', 'dated') ?? ''
              if (index % 2 === 0) logs.compress(name)
            }
          }
          const since = start + share * shifts.length * (HOUR / 4)
          const reader = logs.reader()
          const all = await collect(reader.scan())
          const expected = all.flatMap(({ entry }) => (entry.receivedAt >= since ? [entry.id] : []))
          expect((await collect(reader.scan({ since }))).map(({ entry }) => entry.id)).toEqual(expected)
        },
      ),
      propertyRuns(30),
    )
  })

  test('goes on from a cursor, and never back before it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(20), fc.nat(40), async (steps, limit, seconds) => {
        const logs = new LogFiles()
        const since = logs.now + seconds * 1000
        for (const step of steps) take(step, logs)
        const reader = logs.reader()
        const { cursor } = await reader.read({ after: {}, limit })
        const expected = (await reader.read({ after: cursor, limit: 1000 })).entries.filter(
          (entry) => entry.receivedAt >= since,
        )
        const first = await reader.read({ after: cursor, since, limit: 3 })
        const rest = await reader.read({ after: first.cursor, since, limit: 1000 })
        expect([...first.entries, ...rest.entries]).toEqual(expected)
      }),
      propertyRuns(40),
    )
  })

  test('is found without reading what is older', async () => {
    const logs = new LogFiles()
    const start = logs.now
    const lines: string[] = []
    for (let i = 0; i < 40_000; i++) {
      const received_at = new Date(start + i * 10_000).toISOString()
      lines.push(JSON.stringify({ event_id: `${i}`, received_at, filler: 'x'.repeat(900) }))
    }
    logs.write('a', `${lines.slice(0, 20_000).join('\n')}\n`)
    logs.rotate('a', 'dated')
    logs.write('a', `${lines.slice(20_000).join('\n')}\n`)
    const { operations, bytesRead } = countingDisk()
    const found = await collect(logs.reader({ operations }).scan({ since: start + 399_950_000 }))
    expect(found.map(({ entry }) => entry.id)).toEqual(['39995', '39996', '39997', '39998', '39999'])
    expect(bytesRead()).toBeLessThan(6_000_000)
  })
})

describe('an entry is found by its id', () => {
  test('wherever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(), async (steps, which) => {
        const logs = new LogFiles()
        for (const step of steps) take(step, logs)
        const all = (await collect(logs.reader().scan())).map(({ entry }) => entry)
        const wanted = all[which % all.length]
        if (wanted) expect(await logs.reader().find(wanted.id)).toEqual(wanted)
        expect(await logs.reader().find('a-')).toBeUndefined()
      }),
      propertyRuns(40),
    )
  })

  test.for([false, true])('the latest one, if there are several (compressed: %s)', async (isCompressed) => {
    const logs = new LogFiles()
    const same = (n: number) =>
      logs.write('a', `${JSON.stringify({ n, event_id: 'same', received_at: new Date(logs.now).toISOString() })}\n`)
    same(1)
    logs.append('a')
    same(2)
    logs.append('a', { message: '"same"' })
    if (isCompressed) logs.compress(logs.rotate('a', 'dated') ?? '')
    expect((await logs.reader().find('same'))?.record).toMatchObject({ n: 2 })
    logs.append('a')
    same(3)
    expect((await logs.reader().find('same'))?.record).toMatchObject({ n: 3 })
  })

  test('in the kinds that are asked for, and the latest of these', async () => {
    const logs = new LogFiles()
    const line = (ms: number) =>
      `${JSON.stringify({ event_id: 'x', received_at: new Date(logs.now + ms).toISOString() })}\n`
    logs.write('a', line(1000))
    logs.write('b', line(0))
    expect((await logs.reader().find('x'))?.kind).toBe('a')
    expect((await logs.reader().find('x', { kinds: ['b'] }))?.kind).toBe('b')
  })

  test('also if it holds characters that are escaped in a line', async () => {
    const logs = new LogFiles()
    const id = '<"\\\u0007é'
    const escaped = '\\u003c\\"\\\\\\u0007é'
    logs.write('a', `{"event_id":"${escaped}","received_at":"2026-03-29T00:00:00.000Z"}\n`)
    expect((await logs.reader().find(id))?.id).toBe(id)
  })
})
