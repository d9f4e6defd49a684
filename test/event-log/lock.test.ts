import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { nodeFileOperations } from '../../src/event-log/file-operations.ts'
import { lockDirectory } from '../../src/event-log/lock.ts'
import { faultyDisk } from '../support/faulty-disk.ts'
import { makeFolder } from '../support/folder.ts'

const lock = (folder: string, report = vi.fn()) => lockDirectory(nodeFileOperations, folder, report)

test('a folder is held by one, and free again after its release', async () => {
  const folder = makeFolder()
  const first = await lock(folder)
  await expect(lock(folder)).rejects.toThrow(`another receiver (process ${process.pid}) already writes to ${folder}`)
  await first?.release()
  const second = await lock(folder)
  await second?.release()
  expect(existsSync(`${folder}/.lock`)).toBe(false)
})

test('a folder whose path is too long for a socket is held all the same', async () => {
  const folder = `${makeFolder()}/${'long-name/'.repeat(12)}`
  mkdirSync(folder, { recursive: true })
  const first = await lock(folder)
  expect(first).toBeDefined()
  await expect(lock(folder)).rejects.toThrow('another receiver')
  await first?.release()
})

test('the lock of a killed process is taken over, by one of two that start together', async () => {
  const folder = makeFolder()
  const code = `require('net').createServer().listen(process.argv[1], () => console.log('held'))`
  const holder = spawn(process.execPath, ['-e', code, `${folder}/.lock`], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(holder.stdout, 'data')
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  expect(existsSync(`${folder}/.lock`)).toBe(true)
  const results = await Promise.allSettled([lock(folder), lock(folder)])
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  await expect(lock(folder)).rejects.toThrow('another receiver')
  for (const result of results) if (result.status === 'fulfilled') await result.value?.release()
})

test('a holder that does not answer is not taken for dead', async () => {
  const folder = makeFolder()
  const code = `require('net').createServer().listen(process.argv[1], () => console.log('held'))`
  const holder = spawn(process.execPath, ['-e', code, `${folder}/.lock`], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(holder.stdout, 'data')
  holder.kill('SIGSTOP')
  await expect(lock(folder)).rejects.toThrow('another receiver')
  holder.kill('SIGKILL')
})

test('a plain file in the place of the lock is no lock', async () => {
  const folder = makeFolder()
  writeFileSync(`${folder}/.lock`, '')
  const taken = await lock(folder)
  expect(taken).toBeDefined()
  await taken?.release()
})

test('where there can be no socket, it warns and goes on', async () => {
  const folder = makeFolder()
  mkdirSync(`${folder}/.lock`)
  const report = vi.fn()
  const operations = faultyDisk({})
  expect(await lockDirectory(operations, folder, report)).toBeUndefined()
  expect(report).toHaveBeenCalledWith(expect.objectContaining({ level: 'warn' }))
})
