/** Reading in the process that appends. */
import { expect, test } from 'vitest'
import { openTestEventStore, uniqueEntry } from '../../support/event-store.ts'
import { HeldDisk } from '../../support/held-disk.ts'
import { collect } from '../../support/log-files.ts'

test('a record is seen once its append has returned, and not while its write could still fail', async () => {
  const disk = new HeldDisk()
  const { eventStore } = await openTestEventStore({ operations: disk.operations })
  const reader = await eventStore.openReader()
  const [first, second] = [uniqueEntry(), uniqueEntry()]
  await eventStore.append(first)
  const ids = async () => (await collect(reader.scan())).map(({ entry }) => entry.id)
  expect(await ids()).toEqual([first.id])

  disk.hangs = true
  const storing = eventStore.append(second)
  await disk.holding()
  expect(await ids()).toEqual([first.id])
  disk.release()
  await storing
  expect(await ids()).toEqual([first.id, second.id])
})

test('a follower is woken by each append, long before it would look again', async () => {
  const { eventStore } = await openTestEventStore()
  const reader = await eventStore.openReader()
  const controller = new AbortController()
  const following = reader.follow({ signal: controller.signal })[Symbol.asyncIterator]()
  for (let i = 0; i < 50; i++) {
    const next = following.next()
    const entry = uniqueEntry()
    await eventStore.append(entry)
    expect((await next).value.entry.id).toBe(entry.id)
  }
  await following.return?.()
})
