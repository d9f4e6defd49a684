import { existsSync, readdirSync, unlinkSync } from 'node:fs'
import { Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { nodeFileOperations } from '../../../src/event-store/files/file-operations.ts'
import { unixSockets } from '../../../src/event-store/files/lock-socket.ts'
import { systemError } from '../../support/faulty-disk.ts'
import { makeFolder } from '../../support/folder.ts'
import { lock } from '../../support/lock.ts'

// Sockets and files are real. Only the second between two checks is fake.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

/** Counts connections to the lock, and makes sockets fail on demand. */
function watchedSockets() {
  const watched = {
    connections: 0,
    openServers: 0,
    /** Stands in for the connection to the lock. */
    answer: undefined as (() => Socket) | undefined,
    listenError: undefined as Error | undefined,
    sockets: {
      connect: (path: string) => {
        watched.connections++
        return watched.answer?.() ?? unixSockets.connect(path)
      },
      listen: async (path: string, identity: string) => {
        if (watched.listenError) throw watched.listenError
        const server = await unixSockets.listen(path, identity)
        watched.openServers++
        return server.on('close', () => void watched.openServers--)
      },
    },
  }
  return watched
}

const second = () => vi.advanceTimersByTimeAsync(1000)

test('the holder checks every second that it still owns the lock, until its release', async () => {
  const watched = watchedSockets()
  const held = await lock(makeFolder(), { sockets: watched.sockets })
  const before = watched.connections
  await vi.advanceTimersByTimeAsync(999)
  expect(watched.connections).toBe(before)
  await vi.advanceTimersByTimeAsync(1)
  expect(watched.connections).toBe(before + 1)
  await held?.release()
  const after = watched.connections
  await second()
  expect(watched.connections).toBe(after)
  expect(vi.getTimerCount()).toBe(0)
})

test('checks do not overlap, even if one takes longer than a second', async () => {
  const watched = watchedSockets()
  await lock(makeFolder(), { sockets: watched.sockets })
  const before = watched.connections
  const silent = new Socket()
  watched.answer = () => silent
  await second()
  await second()
  expect(watched.connections).toBe(before + 1)
  watched.answer = undefined
  silent.destroy(systemError('ECONNRESET'))
  await vi.waitFor(async () => {
    await second()
    expect(watched.connections).toBeGreaterThan(before + 1)
  })
})

test('a removed lock is created again, every time, and leaves no socket open', async () => {
  const folder = makeFolder()
  const watched = watchedSockets()
  const held = await lock(folder, { sockets: watched.sockets })
  for (let time = 0; time < 2; time++) {
    unlinkSync(`${folder}/.lock`)
    await vi.waitFor(async () => {
      await second()
      expect(existsSync(`${folder}/.lock`)).toBe(true)
    })
  }
  await expect(lock(folder)).rejects.toThrow('another receiver')
  await held?.release()
  expect(readdirSync(folder)).toEqual([])
  expect(watched.openServers).toBe(0)
})

test('a lock that cannot be created again right away is created later', async () => {
  const folder = makeFolder()
  const watched = watchedSockets()
  const held = await lock(folder, { sockets: watched.sockets })
  watched.listenError = systemError('EMFILE')
  unlinkSync(`${folder}/.lock`)
  const before = watched.connections
  await vi.waitFor(async () => {
    await second()
    expect(watched.connections).toBeGreaterThan(before + 1)
  })
  expect(readdirSync(folder)).toEqual([])
  watched.listenError = undefined
  await vi.waitFor(async () => {
    await second()
    expect(existsSync(`${folder}/.lock`)).toBe(true)
  })
  await held?.release()
  expect(readdirSync(folder)).toEqual([])
})

test.for(['EACCES', 'EMFILE'])('%s when asking who holds the lock is not mistaken for a takeover', async (code) => {
  const watched = watchedSockets()
  const report = vi.fn()
  await lock(makeFolder(), { report, sockets: watched.sockets })
  watched.answer = () => new Socket().destroy(systemError(code))
  const before = watched.connections
  await vi.waitFor(async () => {
    await second()
    expect(watched.connections).toBeGreaterThan(before + 2)
  })
  expect(report).not.toHaveBeenCalled()
})

test('a takeover is reported once; a lock that it still owns is not', async () => {
  const folder = makeFolder()
  const report = vi.fn()
  const watched = watchedSockets()
  await lock(folder, { report, sockets: watched.sockets })
  const before = watched.connections
  await vi.waitFor(async () => {
    await second()
    expect(watched.connections).toBeGreaterThan(before + 1)
  })
  expect(report).not.toHaveBeenCalled()
  unlinkSync(`${folder}/.lock`)
  await lock(folder)
  await vi.waitFor(async () => {
    await second()
    expect(report).toHaveBeenCalled()
  })
  for (let count = 0; count < 3; count++) {
    await second()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(report.mock.calls).toMatchObject([[{ level: 'fatal', message: expect.stringMatching(/taken over LOG_DIR/) }]])
})

test('a lock that cannot be removed at release does not block the next start', async () => {
  const folder = makeFolder()
  let ends = false
  const unlink = (path: string) => (ends ? Promise.reject(systemError('EROFS')) : nodeFileOperations.unlink(path))
  const held = await lock(folder, { operations: { unlink } })
  ends = true
  await held?.release()
  expect(readdirSync(folder)).toEqual(['.lock'])
  expect(await lock(folder)).toBeDefined()
})
