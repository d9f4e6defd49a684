import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { unlessAborted } from '../../src/lib/unless-aborted.ts'

const never = new Promise<never>(() => {})

test('settles like the promise', async () => {
  const { signal } = new AbortController()
  expect(await unlessAborted(signal, Promise.resolve(1))).toBe(1)
  await expect(unlessAborted(signal, Promise.reject(new Error('no')))).rejects.toThrow('no')
})

test('rejects when the signal aborts', async () => {
  const controller = new AbortController()
  const waiting = unlessAborted(controller.signal, never)
  controller.abort(new Error('too late'))
  await expect(waiting).rejects.toThrow('too late')
  await expect(unlessAborted(controller.signal, never)).rejects.toThrow('too late')
})

test('leaves no listeners on the signal', async () => {
  const { signal } = new AbortController()
  for (let count = 0; count < 20; count += 1) await unlessAborted(signal, Promise.resolve())
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
