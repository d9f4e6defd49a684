/** Files that are deleted while `events` reads them: what is left is shown, and the gap is reported. */
import { expect, test, vi } from 'vitest'
import { followEvents } from '../../src/cli/events/follow.ts'
import { listEvents } from '../../src/cli/events/list.ts'
import { parseQuery, type RawQuery } from '../../src/cli/events/query.ts'
import type { EventReader, StoredEntry } from '../../src/event-store/event-reader.ts'
import type { RecordKind } from '../../src/handlers/handler.ts'
import { LogFiles } from '../support/log-files.ts'

const FILES = 3
const EACH = 1200 // more than a page

function makeLogs() {
  const logs = new LogFiles()
  const rotated: string[] = []
  for (let file = 0; file < FILES; file++) {
    for (let index = 0; index < EACH; index++) logs.append('a')
    if (file < FILES - 1) rotated.push(logs.rotate('a', 'dated') ?? '')
  }
  return {
    logs,
    remove() {
      for (const name of rotated) logs.delete(name)
    },
  }
}

/** Runs a command on the kind `a`, and deletes the rotated files once it has read some entries, in the middle of one of them. */
async function run(raw: RawQuery, command: 'list' | 'follow', deleteAfter = 100) {
  const { logs, remove } = makeLogs()
  const reader = logs.reader() as unknown as EventReader<RecordKind>
  const query = { ...parseQuery(raw, Date.now()), kinds: ['a'] as unknown as readonly RecordKind[] }
  const shown: string[] = []
  let read = 0
  const deleteOnce = () => ++read === deleteAfter && remove()
  const show = ({ id }: StoredEntry) => {
    shown.push(id)
    if (command === 'follow') deleteOnce()
    if (command === 'follow' && id === logs.appended.a.at(-1)) stop.abort()
  }
  const stop = new AbortController()
  const printed = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  try {
    const options = { show, onRead: deleteOnce, signal: stop.signal }
    const isComplete =
      command === 'list' ? await listEvents(reader, query, options) : await followEvents(reader, query, options)
    return { shown, all: logs.appended.a, isComplete, errors: printed.mock.calls.map(([text]) => String(text)) }
  } finally {
    printed.mockRestore()
  }
}

test.for(['list', 'follow'] as const)('%s continues after the gap', async (command) => {
  const { shown, all, isComplete, errors } = await run({ since: '100w' }, command)
  expect(shown.slice(-EACH)).toEqual(all.slice(-EACH))
  expect(new Set(shown).size).toBe(shown.length)
  expect(shown.length).toBeLessThan(all.length)
  expect(isComplete).toBe(command === 'list' ? false : undefined)
  expect(errors).toEqual([expect.stringContaining('Cannot continue reading a')])
})

test('list --limit shows the newest that are left', async () => {
  const { shown, all, isComplete, errors } = await run({ limit: '3000' }, 'list', EACH + 100)
  expect(shown).toEqual(all.slice(-shown.length))
  expect(shown.length).toBeGreaterThan(EACH)
  expect(isComplete).toBe(false)
  expect(errors).toHaveLength(1)
})
