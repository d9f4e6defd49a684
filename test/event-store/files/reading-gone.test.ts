import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidPositionError, PositionGoneError } from '../../../src/event-store/event-reader.ts'
import { collect, type Kind, LogFiles, START_TIME } from '../../support/log-files.ts'
import { propertyRuns } from '../../support/property-runs.ts'

/** @returns what is known to be missing */
async function gapOf(reading: Promise<unknown>) {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(PositionGoneError)
  return error as PositionGoneError
}

describe('a file that was deleted under a cursor', () => {
  test('is an error that says what may be missing, and where to continue', async () => {
    const logs = new LogFiles()
    logs.append('a')
    const { cursor } = await logs.reader().read({ after: {}, limit: 1 })
    logs.append('a')
    const first = logs.rotate('a', 'dated') ?? ''
    logs.append('a')
    logs.delete(first)
    const error = await gapOf(logs.reader().read({ after: cursor, limit: 10 }))
    expect(error.gap).toMatchObject({ kind: 'a', from: START_TIME + 1000, until: START_TIME + 3000 })
    expect(error.message).toBe(
      'Cannot continue reading a: the entries at this position were deleted. ' +
        'Entries received between 2026-03-29T00:00:01.000Z and 2026-03-29T00:00:03.000Z may be missing.',
    )
    await gapOf(logs.reader().read({ before: cursor, limit: 10 }))
    await gapOf(collect(logs.reader().scan({ after: cursor })))
    const rest = await logs.reader().read({ after: { a: error.gap.resumeAt ?? '' }, limit: 10 })
    expect(rest.entries.map(({ id }) => id)).toEqual(['a-2'])
  })

  test('is an error also if nothing remains', async () => {
    const logs = new LogFiles()
    logs.append('a')
    const cursor = await logs.reader().end()
    logs.delete('a.jsonl')
    const { gap, message } = await gapOf(logs.reader().read({ after: cursor, limit: 10 }))
    expect(gap).toEqual({ kind: 'a', from: START_TIME + 1000, until: undefined, resumeAt: undefined })
    expect(message).toContain('and now may be missing')
  })

  test('is one for any position in any file, and for no other file', async () => {
    const position = fc.record({ file: fc.nat(4), taken: fc.nat(14) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 5 }),
        position,
        async (sizes, { file, taken }) => {
          const logs = new LogFiles()
          const names: string[] = []
          const fileOf: number[] = []
          for (const [index, size] of sizes.entries()) {
            for (let i = 0; i < size; i++) {
              logs.append('a')
              fileOf.push(index)
            }
            names.push(logs.rotate('a', 'dated') ?? '')
          }
          const limit = 1 + (taken % fileOf.length)
          const { cursor } = await logs.reader().read({ after: {}, limit })
          const deleted = file % names.length
          logs.delete(names[deleted] ?? '')
          const reading = logs.reader().read({ after: cursor, limit: 100 })
          if (fileOf[limit - 1] === deleted) await gapOf(reading)
          else {
            const expected = fileOf.flatMap((index, entry) =>
              entry >= limit && index !== deleted ? [`a-${entry}`] : [],
            )
            expect((await reading).entries.map(({ id }) => id)).toEqual(expected)
          }
        },
      ),
      propertyRuns(60),
    )
  })

  test('is one for a scan that has yet to come to that file', async () => {
    const logs = new LogFiles()
    logs.append('a')
    logs.rotate('a', 'dated')
    logs.append('a')
    const second = logs.rotate('a', 'dated') ?? ''
    logs.append('a')
    const scan = logs.reader().scan()
    expect((await scan[Symbol.asyncIterator]().next()).value.entry.id).toBe('a-0')
    logs.delete(second)
    const { gap } = await gapOf(collect(scan))
    expect(gap).toMatchObject({ from: START_TIME + 2000, until: START_TIME + 3000 })
  })

  test('is none for a scan that goes on reading it', async () => {
    const logs = new LogFiles()
    for (let i = 0; i < 3; i++) logs.append('a')
    const name = logs.rotate('a', 'dated') ?? ''
    logs.append('a')
    const scan = logs.reader().scan()
    expect((await scan[Symbol.asyncIterator]().next()).value.entry.id).toBe('a-0')
    logs.delete(name)
    expect((await collect(scan)).map(({ entry }) => entry.id)).toEqual(['a-1', 'a-2', 'a-3'])
  })

  test('ends the reading backwards before it, as it may have been deleted by retention', async () => {
    const logs = new LogFiles()
    logs.append('a')
    const oldest = logs.rotate('a', 'dated') ?? ''
    logs.append('a')
    const { cursor } = await logs.reader().read({ before: {}, limit: 1 })
    logs.delete(oldest)
    expect((await logs.reader().read({ before: cursor, limit: 10 })).entries).toEqual([])
  })
})

describe.for([false, true])('a file that was cut and written again is an error (compressed: %s)', (isCompressed) => {
  test.for([
    ['shorter than the position', 0],
    ['longer, with a line across the position', 1],
  ] as const)('%s', async ([, more]) => {
    const logs = new LogFiles()
    const firstSize = () => Buffer.byteLength(logs.read('a.jsonl').split('\n')[0] ?? '') + 1
    logs.append('a')
    logs.append('a')
    const cursor = await logs.reader().end()
    logs.truncate('a.jsonl', firstSize())
    if (more) logs.append('a', { longer: 'x'.repeat(100) })
    if (isCompressed) logs.compress(logs.rotate('a', 'dated') ?? '')
    const { gap } = await gapOf(logs.reader().read({ after: cursor, limit: 10 }))
    expect(gap).toMatchObject({ from: START_TIME + 1000, until: undefined })
    await gapOf(logs.reader().read({ before: cursor, limit: 10 }))
    const again = await logs.reader().read({ after: { a: gap.resumeAt ?? '' }, limit: 10 })
    expect(again.entries.map(({ id }) => id)).toEqual(more ? ['a-0', 'a-2'] : ['a-0'])
  })
})

test.for([
  '',
  'x',
  'a@b+1',
  'a@2026-03-29T00:00:00.000Z',
  'a@2026-03-29T00:00:00.000Z+-1',
  'a@2026-03-29T00:00:00.000Z+1.5',
])('a position that no store issued is an error: "%s"', async (a) => {
  const logs = new LogFiles()
  logs.append('a')
  await expect(logs.reader().read({ after: { a }, limit: 1 })).rejects.toThrow(InvalidPositionError)
  await expect(logs.reader().read({ before: { a }, limit: 1 })).rejects.toThrow(`"${a}" is not a position`)
})

test.for<[string, (path: string) => void]>([['is no gzip data', (path) => writeFileSync(path, 'nonsense')]])(
  'an archive that %s is an error for whoever comes to it, and for nobody else',
  async ([, damage]) => {
    const logs = new LogFiles()
    const kind: Kind = 'a'
    logs.append(kind)
    const name = logs.rotate(kind, 'dated') ?? ''
    logs.compress(name)
    logs.append(kind)
    const end = await logs.reader().end()
    damage(logs.path(`${name}.gz`))
    logs.append(kind)
    expect((await logs.reader().read({ after: end, limit: 10 })).entries.map(({ id }) => id)).toEqual(['a-2'])
    const page = await logs.reader().read({ before: {}, limit: 2 })
    expect(page.entries.map(({ id }) => id)).toEqual(['a-2', 'a-1'])
    const message = `${name}.gz is damaged: incorrect header check. Restore it from a backup, or move it out of the directory to skip it.`
    await expect(logs.reader().read({ before: page.cursor, limit: 1 })).rejects.toThrow(message)
    await expect(logs.reader().read({ after: {}, limit: 1 })).rejects.toThrow(message)
    await expect(logs.reader().find('unknown')).rejects.toThrow(message)
    expect((await logs.reader().find('a-1'))?.id).toBe('a-1')
  },
)
