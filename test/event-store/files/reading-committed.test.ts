import { statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { CommittedEnd } from '../../../src/event-store/files/committed-end.ts'
import { faultyDisk } from '../../support/faulty-disk.ts'
import { collect, LogFiles } from '../../support/log-files.ts'

/** What an appender reports that has this file open. */
function opened(logs: LogFiles, name: string, end = statSync(logs.path(name)).size): CommittedEnd {
  const { dev, ino } = statSync(logs.path(name))
  return { dev, ino, end }
}

describe('what could still be rolled back is not seen', () => {
  test('by any way of reading', async () => {
    const logs = new LogFiles()
    logs.append('a')
    let committed = opened(logs, 'a.jsonl')
    logs.append('a')
    const reader = logs.reader({ committedEnd: (kind) => (kind === 'a' ? committed : undefined) })
    const controller = new AbortController()
    const following = reader.follow({ signal: controller.signal })
    expect((await following.next()).value.entry.id).toBe('a-0')

    const end = await reader.end()
    const { entries, cursor } = await reader.read({ after: {}, limit: 10 })
    expect(entries.map(({ id }) => id)).toEqual(['a-0'])
    expect(cursor).toEqual(end)
    expect((await reader.read({ before: {}, limit: 10 })).entries.map(({ id }) => id)).toEqual(['a-0'])
    expect((await collect(reader.scan())).map(({ entry }) => entry.id)).toEqual(['a-0'])
    expect(await reader.find('a-1')).toBeUndefined()
    const next = following.next()
    expect(await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 50, 'nothing'))])).toBe('nothing')

    committed = opened(logs, 'a.jsonl')
    expect((await next).value.entry.id).toBe('a-1')
    expect((await reader.read({ after: end, limit: 10 })).entries.map(({ id }) => id)).toEqual(['a-1'])
    expect((await reader.find('a-1'))?.id).toBe('a-1')
    controller.abort()
    await following.return(undefined)
  })

  test('in a file that has no committed record yet: it is taken back, and another one is written', async () => {
    const logs = new LogFiles()
    logs.append('a')
    let committed = opened(logs, 'a.jsonl', 0)
    const reader = logs.reader({ committedEnd: () => committed })
    const cursor = await reader.end()
    expect((await reader.read({ after: cursor, limit: 10 })).entries).toEqual([])
    logs.truncate('a.jsonl', 0)
    logs.append('a')
    committed = opened(logs, 'a.jsonl')
    expect((await reader.read({ after: cursor, limit: 10 })).entries.map(({ id }) => id)).toEqual(['a-1'])
  })

  test('in the same bytes, once they are committed', async () => {
    const logs = new LogFiles()
    logs.append('a')
    let committed = opened(logs, 'a.jsonl', 0)
    const reader = logs.reader({ committedEnd: () => committed })
    expect(await collect(reader.scan())).toEqual([])
    committed = opened(logs, 'a.jsonl')
    expect(await collect(reader.scan())).toHaveLength(1)
  })

  test('in a file that was renamed while it was written', async () => {
    const logs = new LogFiles()
    logs.append('a')
    const committed = opened(logs, 'a.jsonl')
    const reader = logs.reader({ committedEnd: () => committed })
    logs.append('a')
    logs.rotate('a', 'numbered')
    expect((await collect(reader.scan())).map(({ entry }) => entry.id)).toEqual(['a-0'])
  })

  test('in a file that the appender opens while a reader looks at it', async () => {
    const logs = new LogFiles()
    logs.append('a')
    const left = opened(logs, 'a.jsonl')
    logs.rotate('a', 'dated')
    logs.write('a', '')
    let state: 'renamed' | 'looked at' | 'written' = 'renamed'
    const open = (path: string) => {
      if (state === 'renamed' && path === logs.path('a.jsonl')) state = 'looked at'
    }
    const committedEnd = (): CommittedEnd => {
      if (state === 'written') return opened(logs, 'a.jsonl', 0)
      // The reader knows the size by now.
      if (state === 'looked at') {
        logs.append('a')
        state = 'written'
      }
      return left
    }
    const reader = logs.reader({ committedEnd, operations: faultyDisk({ open }) })
    expect((await collect(reader.scan({ kinds: ['a'] }))).map(({ entry }) => entry.id)).toEqual(['a-0'])
    expect(state).toBe('written')
  })
})

test('files that the appender has left, and all files without one, are read whole', async () => {
  const logs = new LogFiles()
  logs.append('a')
  logs.rotate('a', 'dated')
  logs.append('a')
  const committed = opened(logs, 'a.jsonl')
  for (const committedEnd of [() => committed, () => undefined]) {
    expect(await collect(logs.reader({ committedEnd }).scan())).toHaveLength(2)
  }
})
