import { constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import {
  nodeFileOperations,
  type OpenFile,
  syncDirectory,
  unlinkIfPresent,
  writeAll,
} from '../../../src/event-store/files/file-operations.ts'
import { systemError } from '../../support/faulty-disk.ts'
import { makeFolder } from '../../support/folder.ts'

/** A file that accepts at most this many bytes of each write; the last number applies to all later writes. */
function shortFile(takes: readonly number[]) {
  let content = Buffer.alloc(0)
  const calls = vi.fn()
  const write = async (bytes: Uint8Array, offset: number, length: number, position: number) => {
    const taken = Math.min(length, takes[Math.min(calls.mock.calls.length, takes.length - 1)] ?? 0)
    calls()
    const end = Buffer.alloc(Math.max(content.length, position + taken))
    content.copy(end)
    end.set(bytes.subarray(offset, offset + taken), position)
    content = end
    return { bytesWritten: taken, buffer: bytes }
  }
  return { handle: { write } as unknown as OpenFile, content: () => content, calls }
}

test('however short the writes are, every byte is written at its position', async () => {
  const takes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 })
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 20 }), fc.nat(5), takes, async (bytes, position, sizes) => {
      const { handle, content } = shortFile(sizes)
      await writeAll(handle, bytes, position)
      expect([...content()]).toEqual(bytes.length === 0 ? [] : [...Buffer.alloc(position), ...bytes])
    }),
  )
})

test('writing no bytes calls nothing', async () => {
  const { handle, calls } = shortFile([1])
  await writeAll(handle, Buffer.alloc(0), 0)
  expect(calls).not.toHaveBeenCalled()
})

test('a write of zero bytes is an error, not an endless loop', async () => {
  const { handle, calls } = shortFile([2, 0])
  await expect(writeAll(handle, Buffer.from('abc'), 0)).rejects.toThrow('the file system accepts no more bytes')
  expect(calls).toHaveBeenCalledTimes(2)
})

test('a file is removed, and a missing one is not an error', async () => {
  const path = `${makeFolder()}/file`
  writeFileSync(path, '')
  await unlinkIfPresent(nodeFileOperations, path)
  expect(existsSync(path)).toBe(false)
  await unlinkIfPresent(nodeFileOperations, path)
})

test('a file that cannot be removed is an error', async () => {
  const unlink = () => Promise.reject(systemError('EPERM'))
  await expect(unlinkIfPresent({ ...nodeFileOperations, unlink }, '/any')).rejects.toThrow('EPERM')
})

test.for<[string, () => Promise<void>]>([
  ['is synced', () => Promise.resolve()],
  ['cannot be synced', () => Promise.reject(systemError('EIO'))],
])('a directory that %s is closed again', async ([, sync]) => {
  const close = vi.fn(() => Promise.resolve())
  const open = vi.fn(() => Promise.resolve({ sync, close } as unknown as OpenFile))
  const [expected, outcome] = await Promise.allSettled([
    sync(),
    syncDirectory({ ...nodeFileOperations, open }, '/directory'),
  ])
  expect(outcome).toEqual(expected)
  expect(open.mock.calls).toEqual([['/directory', constants.O_RDONLY]])
  expect(close).toHaveBeenCalledTimes(1)
})

test('the real file operations create, link, rename and list', async () => {
  const folder = makeFolder()
  const { mkdir, stat, link, rename, readdir } = nodeFileOperations
  expect(await mkdir(`${folder}/a/b`, { recursive: true, mode: 0o750 })).toBe(`${folder}/a`)
  expect(await mkdir(`${folder}/a/b`, { recursive: true, mode: 0o750 })).toBeUndefined()
  mkdirSync(`${folder}/c`)
  writeFileSync(`${folder}/c/one`, 'text')
  await link(`${folder}/c/one`, `${folder}/c/two`)
  await rename(`${folder}/c/one`, `${folder}/c/three`)
  expect((await readdir(`${folder}/c`)).sort()).toEqual(['three', 'two'])
  expect((await stat(`${folder}/c/two`)).nlink).toBe(2)
  expect(readFileSync(`${folder}/c/two`, 'utf8')).toBe('text')
})
