import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Cursor, StoredEntry } from '../../../src/event-store/event-reader.ts'
import { collect, idsByKind, type Kind, LogFiles } from '../../support/log-files.ts'
import { step, take } from '../../support/log-steps.ts'
import { propertyRuns } from '../../support/property-runs.ts'

/** A page that is read forwards, after the service was perhaps restarted, or its files were copied to another disk. */
const read = fc.record({
  do: fc.constant('read' as const),
  limit: fc.integer({ min: 1, max: 5 }),
  restart: fc.boolean(),
})
const move = fc.record({ do: fc.constant('move' as const) })
const anything = fc.oneof(
  { weight: 3, arbitrary: step },
  { weight: 2, arbitrary: read },
  { weight: 1, arbitrary: move },
)

const asJson = (cursor: Cursor<Kind>): Cursor<Kind> => JSON.parse(JSON.stringify(cursor))

test('forward pages hold every entry exactly once, whatever happens to the files in between', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anything, { maxLength: 40 }), async (steps) => {
      const logs = new LogFiles()
      let reader = logs.reader()
      let cursor: Cursor<Kind> = {}
      const seen: StoredEntry<Kind>[] = []
      for (const step of steps) {
        if (step.do === 'move') {
          logs.move()
          reader = logs.reader()
        } else if (step.do === 'read') {
          if (step.restart) reader = logs.reader()
          const page = await reader.read({ after: cursor, limit: step.limit })
          expect(page.entries.length).toBeLessThanOrEqual(step.limit)
          seen.push(...page.entries)
          cursor = asJson(page.cursor)
        } else {
          take(step, logs)
        }
      }
      for (const { entry } of await collect(reader.scan({ after: cursor }))) seen.push(entry)
      expect(idsByKind(seen)).toEqual(logs.appended)
    }),
    propertyRuns(80),
  )
})

test('backward pages are the exact reverse, while more is appended', async () => {
  const limit = fc.integer({ min: 1, max: 7 })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.array(step), limit, async (before, during, limit) => {
      const logs = new LogFiles()
      const reader = logs.reader()
      for (const step of before) take(step, logs)
      const forwards = (await collect(reader.scan())).map(({ entry }) => entry)
      const backwards: StoredEntry<Kind>[] = []
      for (let cursor: Cursor<Kind> = {}; ; ) {
        const page = await reader.read({ before: cursor, limit })
        if (page.entries.length === 0) break
        backwards.push(...page.entries)
        cursor = asJson(page.cursor)
        const next = during.pop()
        if (next) take(next, logs)
      }
      expect(backwards.reverse()).toEqual(forwards)
    }),
    propertyRuns(40),
  )
})

test('a cursor works in both directions: what one read, the other returns', async () => {
  const sizes = fc.integer({ min: 0, max: 20 })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), sizes, sizes, async (steps, first, second) => {
      const logs = new LogFiles()
      const reader = logs.reader()
      for (const step of steps) take(step, logs)
      const { cursor } = await reader.read({ after: {}, limit: first })
      const forwards = await reader.read({ after: cursor, limit: second })
      const backwards = await reader.read({ before: forwards.cursor, limit: forwards.entries.length })
      expect([...backwards.entries].reverse()).toEqual(forwards.entries)
    }),
    propertyRuns(40),
  )
})

test('from the end on, only what is appended later is read, also of a kind without a file', async () => {
  const logs = new LogFiles()
  logs.append('a')
  const end = await logs.reader().end()
  expect(Object.keys(end)).toEqual(['a', 'b'])
  expect((await logs.reader().read({ after: end, limit: 10 })).entries).toEqual([])
  logs.append('b')
  logs.append('a')
  expect((await logs.reader().read({ after: end, limit: 10 })).entries.map(({ id }) => id)).toEqual(['b-0', 'a-1'])
  expect((await logs.reader().read({ before: end, limit: 10 })).entries.map(({ id }) => id)).toEqual(['a-0'])
})

test('the end stays valid when the next start cuts off lines that are no record', async () => {
  const logs = new LogFiles()
  logs.append('a')
  const size = Buffer.byteLength(logs.read('a.jsonl'))
  logs.write('a', 'foreign\n{"torn')
  const reader = logs.reader()
  const [end, { cursor }] = [await reader.end(), await reader.read({ after: {}, limit: 10 })]
  expect(cursor).toEqual(end)
  logs.truncate('a.jsonl', size)
  logs.append('a')
  expect((await reader.read({ after: end, limit: 10 })).entries.map(({ id }) => id)).toEqual(['a-1'])
})

test('an incomplete line is read once it is complete, or once there is a file after it', async () => {
  const logs = new LogFiles()
  const reader = logs.reader()
  logs.append('a')
  const record = (id: string) => JSON.stringify({ event_id: id, received_at: '2026-03-29T00:01:00.000Z' })
  logs.write('a', record('x'))
  const before = await reader.read({ after: {}, limit: 10 })
  expect(before.entries.map(({ id }) => id)).toEqual(['a-0'])
  expect((await reader.read({ before: {}, limit: 10 })).entries.map(({ id }) => id)).toEqual(['a-0'])
  logs.write('a', `\n${record('y')}`)
  expect((await reader.read({ after: before.cursor, limit: 10 })).entries.map(({ id }) => id)).toEqual(['x'])
  logs.rotate('a', 'dated')
  logs.append('a')
  const page = await reader.read({ after: before.cursor, limit: 2 })
  expect(page.entries.map(({ id }) => id)).toEqual(['x', 'y'])
  expect((await reader.read({ before: page.cursor, limit: 2 })).entries.map(({ id }) => id)).toEqual(['y', 'x'])
  expect((await reader.read({ after: page.cursor, limit: 2 })).entries.map(({ id }) => id)).toEqual(['a-1'])
})
