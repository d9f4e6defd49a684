import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { nodeFileOperations } from '../../src/event-log/file-operations.ts'
import { lockDirectory } from '../../src/event-log/lock.ts'
import { systemError } from '../support/faulty-disk.ts'
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
  onTestFinished(() => void holder.kill('SIGKILL'))
  await expect(lock(folder)).rejects.toThrow('another receiver')
})

test('a plain file in the place of the lock is no lock', async () => {
  const folder = makeFolder()
  writeFileSync(`${folder}/.lock`, '')
  const taken = await lock(folder)
  expect(taken).toBeDefined()
  await taken?.release()
})

test('where the file system has no sockets, it warns and goes on', async () => {
  const report = vi.fn()
  const listen = () => Promise.reject(systemError('ENOTSUP'))
  expect(await lockDirectory(nodeFileOperations, makeFolder(), report, listen)).toBeUndefined()
  expect(report).toHaveBeenCalledWith(expect.objectContaining({ level: 'warn' }))
})

test.for(['EMFILE', 'ENOSPC', 'EACCES'])('%s is no reason to go on without a lock', async (code) => {
  const listen = () => Promise.reject(systemError(code))
  await expect(lockDirectory(nodeFileOperations, makeFolder(), vi.fn(), listen)).rejects.toThrow('cannot be locked')
})

test('a folder in the place of the lock is told', async () => {
  const folder = makeFolder()
  mkdirSync(`${folder}/.lock`)
  await expect(lock(folder)).rejects.toThrow(`Remove ${folder}/.lock`)
})

test('a lock that was removed is made anew', async () => {
  const folder = makeFolder()
  const first = await lock(folder)
  unlinkSync(`${folder}/.lock`)
  await vi.waitFor(() => expect(existsSync(`${folder}/.lock`)).toBe(true), 5000)
  await expect(lock(folder)).rejects.toThrow('another receiver')
  await first?.release()
})

test('a holder whose lock another one took over says so, and ends', async () => {
  const folder = makeFolder()
  const report = vi.fn()
  const first = await lock(folder, report)
  unlinkSync(`${folder}/.lock`)
  const second = await lock(folder)
  await vi.waitFor(() => expect(report).toHaveBeenCalledWith(expect.objectContaining({ level: 'fatal' })), 5000)
  await first?.release()
  await second?.release()
})

test('somebody who stays connected to the lock does not hold its release up', async () => {
  const folder = makeFolder()
  const first = await lock(folder)
  const socket = connect({ path: `${folder}/.lock`, allowHalfOpen: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  await first?.release()
  socket.destroy()
})
