/** Moving a log file aside under a new name. */
import { linkSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nodeFileOperations } from '../../../src/event-store/files/file-operations.ts'
import { compareAge, parseSegmentName } from '../../../src/event-store/files/reading/segment-name.ts'
import { finishMove, moveAside } from '../../../src/event-store/files/rotation/move-aside.ts'
import { nextRotatedName } from '../../../src/event-store/files/rotation/rotated-name.ts'
import { makeFolder } from '../../support/folder.ts'
import { propertyRuns } from '../../support/property-runs.ts'

const BASE = 'tickets.jsonl'
const NOON = Date.parse('2026-11-24T12:00:00.999Z')

describe('the new name', () => {
  test('has the time in UTC', () => {
    expect(nextRotatedName(BASE, [], NOON)).toBe('tickets.jsonl-20261124T120000Z')
  })

  test('has a suffix from the second rotation within a second on, also if earlier ones are compressed', () => {
    const names = [BASE, 'tickets.jsonl-20261124T120000Z.gz']
    expect(nextRotatedName(BASE, names, NOON)).toBe('tickets.jsonl-20261124T120000Z.1')
    names.push('tickets.jsonl-20261124T120000Z.9.gz')
    expect(nextRotatedName(BASE, names, NOON)).toBe('tickets.jsonl-20261124T120000Z.10')
  })

  test('is not affected by other files', () => {
    const names = [
      'tickets.jsonl-20991124',
      'tickets.jsonl.1',
      'webhook_log.jsonl-20991124T120000Z',
      'tickets.jsonl.bak',
    ]
    expect(nextRotatedName(BASE, names, NOON)).toBe('tickets.jsonl-20261124T120000Z')
  })

  test('is free, and newer than all earlier ones even if the clock jumps', () => {
    const step = fc.record({ jump: fc.integer({ min: -5000, max: 5000 }), isCompressed: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const names: string[] = []
        let now = NOON
        for (const { jump, isCompressed } of steps) {
          now += jump
          const name = nextRotatedName(BASE, names, now)
          expect(names).not.toContain(name)
          names.push(isCompressed ? `${name}.gz` : name)
        }
        const parsed = names.map((name) => parseSegmentName(BASE, name) ?? expect.fail(name))
        expect([...parsed].sort(compareAge)).toEqual(parsed)
      }),
      propertyRuns(100),
    )
  })
})

describe('moving', () => {
  function makeLog(...others: string[]) {
    const folder = makeFolder()
    for (const name of [BASE, ...others]) writeFileSync(join(folder, name), `content of ${name}`)
    return { folder, path: join(folder, BASE), content: (name: string) => readFileSync(join(folder, name), 'utf8') }
  }

  test('replaces no file, even one that appears at the last moment', async () => {
    const { folder, path, content } = makeLog()
    let isFirst = true
    const operations = {
      ...nodeFileOperations,
      link: async (from: string, to: string) => {
        if (isFirst) writeFileSync(to, 'of another program')
        isFirst = false
        return nodeFileOperations.link(from, to)
      },
    }
    expect(await moveAside(operations, path, NOON)).toBe('tickets.jsonl-20261124T120000Z.1')
    expect(readdirSync(folder).sort()).toEqual(['tickets.jsonl-20261124T120000Z', 'tickets.jsonl-20261124T120000Z.1'])
    expect(content('tickets.jsonl-20261124T120000Z')).toBe('of another program')
    expect(content('tickets.jsonl-20261124T120000Z.1')).toBe('content of tickets.jsonl')
  })

  test('gives up if every name is taken', async () => {
    const { path, content } = makeLog()
    const taken = Object.assign(new Error('taken'), { code: 'EEXIST' })
    const operations = { ...nodeFileOperations, link: () => Promise.reject(taken) }
    await expect(moveAside(operations, path, NOON)).rejects.toBe(taken)
    expect(content(BASE)).toBe('content of tickets.jsonl')
  })

  test('can be completed after a crash left both names', async () => {
    const { folder, path, content } = makeLog('tickets.jsonl.1')
    linkSync(path, join(folder, 'tickets.jsonl-20261124T120000Z'))
    await finishMove(nodeFileOperations, path)
    expect(readdirSync(folder).sort()).toEqual(['tickets.jsonl-20261124T120000Z', 'tickets.jsonl.1'])
    expect(content('tickets.jsonl-20261124T120000Z')).toBe('content of tickets.jsonl')
  })

  test('a log file that was not moved stays, also if a backup shares its content', async () => {
    const { folder, path } = makeLog('tickets.jsonl-20261124T120000Z')
    linkSync(path, join(folder, 'tickets.jsonl.bak'))
    await finishMove(nodeFileOperations, path)
    expect(statSync(path).nlink).toBe(2)
    await finishMove(nodeFileOperations, join(folder, 'missing.jsonl'))
  })
})
