import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, readdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { connect, Socket } from 'node:net'
import { expect, test, vi } from 'vitest'
import { nodeFileOperations } from '../../../src/event-store/files/file-operations.ts'
import type { Lock } from '../../../src/event-store/files/lock.ts'
import { systemError } from '../../support/faulty-disk.ts'
import { makeFolder } from '../../support/folder.ts'
import { leaveDeadLock, lock, startHolder } from '../../support/lock.ts'

test('one receiver holds a directory, and another can after its release', async () => {
  const folder = makeFolder()
  const first = await lock(folder)
  await expect(lock(folder)).rejects.toThrow(`another receiver (process ${process.pid}) already writes to ${folder}`)
  expect(readdirSync(folder)).toEqual(['.lock'])
  await first?.release()
  expect(readdirSync(folder)).toEqual([])
  const second = await lock(folder)
  await second?.release()
})

test('a directory whose path is too long for a socket can be locked', async () => {
  const folder = `${makeFolder()}/${'long-name/'.repeat(12)}`
  mkdirSync(folder, { recursive: true })
  const first = await lock(folder)
  expect(first).toBeDefined()
  await expect(lock(folder)).rejects.toThrow('another receiver')
  await first?.release()
  expect(readdirSync(folder)).toEqual([])
})

test('one of two that start together takes over the lock of a killed process', async () => {
  const folder = makeFolder()
  await leaveDeadLock(folder)
  const results = await Promise.allSettled([lock(folder), lock(folder)])
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  await expect(lock(folder)).rejects.toThrow('another receiver')
})

test('a holder that does not respond is not considered dead', async () => {
  const folder = makeFolder()
  const holder = await startHolder(folder)
  holder.kill('SIGSTOP')
  await expect(lock(folder)).rejects.toThrow('another receiver (process unknown)')
})

test.for<[string, (path: string) => void]>([
  ['a plain file', (path) => writeFileSync(path, '')],
  ['a dangling symbolic link', (path) => symlinkSync('nowhere', path)],
])('%s in place of the lock is not a lock', async ([, make]) => {
  const folder = makeFolder()
  make(`${folder}/.lock`)
  expect(await lock(folder)).toBeDefined()
  await expect(lock(folder)).rejects.toThrow('another receiver')
})

test('a directory in place of the lock is reported', async () => {
  const folder = makeFolder()
  mkdirSync(`${folder}/.lock`)
  await expect(lock(folder)).rejects.toThrow(`Remove ${folder}/.lock`)
  expect(readdirSync(folder)).toEqual(['.lock'])
})

test('on a file system without sockets, a receiver warns and starts without a lock', async () => {
  const report = vi.fn()
  const listen = () => Promise.reject(systemError('ENOTSUP'))
  const folder = makeFolder()
  const { release } = await lock(folder, { report, sockets: { listen } })
  expect(readdirSync(folder)).toEqual([])
  await release()
  expect(report.mock.calls).toMatchObject([[{ level: 'warn', error: { code: 'ENOTSUP' } }]])
})

test.for(['EMFILE', 'ENOSPC', 'EACCES'])('%s is no reason to start without a lock', async (code) => {
  const listen = () => Promise.reject(systemError(code))
  await expect(lock(makeFolder(), { sockets: { listen } })).rejects.toThrow('cannot be locked')
})

test('a dead lock that cannot be removed is no reason to start without one', async () => {
  const folder = makeFolder()
  await leaveDeadLock(folder)
  const unlink = () => Promise.reject(systemError('EPERM'))
  await expect(lock(folder, { operations: { unlink } })).rejects.toThrow(`cannot be locked: EPERM`)
})

test('on a file system without hard links, one receiver at a time holds a directory', async () => {
  const folder = makeFolder()
  const operations = { link: () => Promise.reject(systemError('EPERM')) }
  const first = await lock(folder, { operations })
  await expect(lock(folder, { operations })).rejects.toThrow('another receiver')
  expect(readdirSync(folder)).toEqual(['.lock'])
  await first?.release()
  expect(readdirSync(folder)).toEqual([])
})

test('a holder that lost its lock leaves the lock of the new owner alone when it exits', async () => {
  const folder = makeFolder()
  const first = await lock(folder)
  unlinkSync(`${folder}/.lock`)
  const second = await lock(folder)
  await first?.release()
  await expect(lock(folder)).rejects.toThrow('another receiver')
  await second?.release()
  expect(readdirSync(folder)).toEqual([])
})

test('a receiver whose lock is taken over during startup gives up, and leaves the new lock alone', async () => {
  const folder = makeFolder()
  let other: Lock | undefined
  const link = async (existing: string, added: string) => {
    await nodeFileOperations.link(existing, added)
    unlinkSync(added)
    other = await lock(folder)
  }
  await expect(lock(folder, { operations: { link } })).rejects.toThrow('another receiver')
  expect(other).toBeDefined()
  await expect(lock(folder)).rejects.toThrow('another receiver')
})

test('a client that stays connected to the lock does not delay its release', async () => {
  const folder = makeFolder()
  const first = await lock(folder)
  const socket = connect({ path: `${folder}/.lock`, allowHalfOpen: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  await first?.release()
  socket.destroy()
})

test.for(['EACCES', 'EPERM'])(
  '%s on the lock of another user: the message says whose it is, and how to remove it',
  async (code) => {
    const folder = makeFolder()
    writeFileSync(`${folder}/.lock`, '')
    const refuse = () => new Socket().destroy(systemError(code))
    const starting = lock(folder, { sockets: { connect: refuse } })
    await expect(starting).rejects.toThrow(`${folder}/.lock belongs to uid ${process.getuid?.()}`)
    await expect(starting).rejects.toThrow(`sudo rm ${folder}/.lock`)
    expect(readdirSync(folder)).toEqual(['.lock'])
  },
)

test('the dead lock of another user, seen by a process that may not connect to it', async ({ skip }) => {
  const nobody = 65534
  const source = new URL('../../../src/event-store/files/', import.meta.url).pathname
  skip(process.getuid?.() !== 0, 'needs root, to start a process as another user')
  const canRead = spawnSync('test', ['-r', `${source}lock.ts`], { uid: nobody, gid: nobody }).status === 0
  skip(!canRead, `uid ${nobody} cannot read ${source}`)

  const folder = makeFolder()
  await leaveDeadLock(folder)
  chmodSync(`${folder}/.lock`, 0o700)
  chownSync(folder, nobody, nobody)
  const code = `
    import { lockDirectory } from '${source}lock.ts'
    import { nodeFileOperations } from '${source}file-operations.ts'
    await lockDirectory(nodeFileOperations, '${folder}', console.log).catch((error) => console.log(error.message))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    uid: nobody,
    gid: nobody,
    env: { ...process.env, TSX_DISABLE_CACHE: '1' },
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(stdout).toContain(`${folder}/.lock belongs to uid 0, and this process, uid ${nobody}, may not connect to it`)
})
