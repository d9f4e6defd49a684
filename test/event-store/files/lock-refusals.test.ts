import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server, Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { StoreStartError } from '../../../src/event-store/event-store.ts'
import { nodeFileOperations } from '../../../src/event-store/files/file-operations.ts'
import { unixSockets } from '../../../src/event-store/files/lock-socket.ts'
import { faultyDisk, systemError } from '../../support/faulty-disk.ts'
import { makeFolder } from '../../support/folder.ts'
import { lock } from '../../support/lock.ts'

const refused = (code: string) => () => new Socket().destroy(systemError(code))

/** Counts open files and sockets. */
function countOpen() {
  const open = { files: 0, servers: 0 }
  const disk = faultyDisk({ close: () => void open.files-- })
  const operations = {
    open: (...args: Parameters<typeof disk.open>) => {
      open.files++
      return disk.open(...args)
    },
  }
  const listen = async (path: string, identity: string) => {
    const server = await unixSockets.listen(path, identity)
    open.servers++
    return server.on('close', () => void open.servers--)
  }
  return { open, operations, listen }
}

/** Listens on the lock's name like a receiver that gives this answer. */
async function answerAs(folder: string, answer: (socket: Socket) => void): Promise<Server> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(`${folder}/.lock`, resolve))
  onTestFinished(() => void server.close())
  return server
}

test('a second receiver learns which process holds the directory, and what to do', async () => {
  const folder = makeFolder()
  await lock(folder)
  const second = lock(folder)
  await expect(second).rejects.toBeInstanceOf(StoreStartError)
  await expect(second).rejects.toMatchObject({
    message:
      `LOG_DIR: another receiver (process ${process.pid}) already writes to ${folder}. ` +
      'Stop it first, or set LOG_DIR to another directory.',
  })
})

test("the holder's answer may come in pieces, or be empty", async () => {
  const [slow, mute] = [makeFolder(), makeFolder()]
  await answerAs(slow, (socket) => {
    socket.write('12')
    setTimeout(() => socket.end('34 identity'), 20)
  })
  await answerAs(mute, (socket) => socket.end())
  await expect(lock(slow)).rejects.toThrow('(process 1234)')
  await expect(lock(mute)).rejects.toThrow('(process unknown)')
})

test.for(['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'])('%s from a lock means that nobody holds it', async (code) => {
  const folder = makeFolder()
  writeFileSync(`${folder}/.lock`, '')
  let isFirst = true
  const connect = (path: string) => {
    const wasFirst = isFirst
    isFirst = false
    return wasFirst ? refused(code)() : unixSockets.connect(path)
  }
  expect(await lock(folder, { sockets: { connect } })).toBeDefined()
})

test.for(['EMFILE', 'EAGAIN', 'ETIMEDOUT'])('%s from a lock means that somebody may hold it', async (code) => {
  const folder = makeFolder()
  writeFileSync(`${folder}/.lock`, '')
  await expect(lock(folder, { sockets: { connect: refused(code) } })).rejects.toThrow('(process unknown)')
  expect(readdirSync(folder)).toEqual(['.lock'])
})

test.for(['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EINVAL', 'ENOSYS'])(
  '%s: the file system does not support sockets, and the warning says what that means',
  async (code) => {
    const report = vi.fn()
    const listen = () => Promise.reject(systemError(code))
    await lock(makeFolder(), { report, sockets: { listen } })
    expect(report).toHaveBeenCalledTimes(1)
    expect(report.mock.calls).toMatchObject([
      [
        {
          level: 'warn',
          message:
            'cannot lock LOG_DIR, because its file system does not support Unix sockets: ' +
            'make sure that no other receiver writes to it',
        },
      ],
    ])
  },
)

test("a receiver that loses the lock's name five times gives up", async () => {
  const folder = makeFolder()
  const link = vi.fn(() => Promise.reject(systemError('EEXIST')))
  await expect(lock(folder, { operations: { link }, sockets: { connect: refused('ECONNREFUSED') } })).rejects.toThrow(
    `LOG_DIR: several receivers are trying to lock ${folder} at the same time. Start only one.`,
  )
  expect(link).toHaveBeenCalledTimes(5)
})

test("another user's lock: the message says whose it is, and what to do in either case", async () => {
  const folder = makeFolder()
  writeFileSync(`${folder}/.lock`, '')
  const starting = lock(folder, { sockets: { connect: refused('EACCES') } })
  for (const part of [
    `the lock ${folder}/.lock belongs to uid ${process.getuid?.()}`,
    `this process, uid ${process.getuid?.()}, may not connect to it to find out whether that receiver is still running`,
    'If one is, stop it first, or set LOG_DIR to another directory. If none is, the lock is left over',
    `remove it with: sudo rm ${folder}/.lock`,
  ]) {
    await expect(starting).rejects.toThrow(part)
  }
})

test('a lock whose owner cannot be determined', async () => {
  const folder = makeFolder()
  writeFileSync(`${folder}/.lock`, '')
  const stat = () => Promise.reject(systemError('EACCES'))
  const starting = lock(folder, { operations: { stat }, sockets: { connect: refused('EACCES') } })
  await expect(starting).rejects.toThrow('belongs to another user')
})

test('a directory that cannot be locked: the message contains the reason, and the error keeps its cause', async () => {
  const folder = makeFolder()
  const listen = () => Promise.reject(systemError('EMFILE'))
  const starting = lock(folder, { sockets: { listen } })
  await expect(starting).rejects.toThrow(
    `LOG_DIR: ${folder} cannot be locked: EMFILE: made by the test. Remove ${folder}/.lock if it exists.`,
  )
  await expect(starting).rejects.toMatchObject({ name: 'StoreStartError', cause: { code: 'EMFILE' } })
})

test('a lock name that may be in use is not taken', async () => {
  const folder = makeFolder()
  const rename = vi.fn()
  const { open, listen, operations: counted } = countOpen()
  const operations = {
    ...counted,
    link: () => Promise.reject(systemError('EPERM')),
    stat: () => Promise.reject(systemError('EIO')),
    rename,
  }
  await expect(lock(folder, { operations, sockets: { listen } })).rejects.toThrow('cannot be locked: EIO')
  expect(rename).not.toHaveBeenCalled()
  expect(open).toEqual({ files: 0, servers: 0 })
})

test.for<[string, (folder: string) => Promise<unknown>]>([
  ['another receiver holds the directory', (folder) => lock(folder)],
  ['a directory has the name of the lock', async (folder) => mkdirSync(`${folder}/.lock`)],
])('a startup that fails because %s leaves nothing open and no files', async ([, occupy]) => {
  const folder = makeFolder()
  await occupy(folder)
  const { open, operations, listen } = countOpen()
  await expect(lock(folder, { operations, sockets: { listen } })).rejects.toThrow('LOG_DIR')
  expect(open).toEqual({ files: 0, servers: 0 })
  expect(readdirSync(folder)).toEqual(['.lock'])
})

test('a lock keeps the directory and one socket open until its release', async () => {
  const folder = makeFolder()
  const { open, operations, listen } = countOpen()
  const held = await lock(folder, { operations, sockets: { listen } })
  expect(open).toEqual({ files: 1, servers: 1 })
  await held?.release()
  expect(open).toEqual({ files: 0, servers: 0 })
})

test.for([
  [103, true],
  [104, false],
] as const)('a socket path of %d bytes is used directly: %s', async ([bytes, isDirect]) => {
  const root = makeFolder()
  const nameBytes = '/.lock-01234567'.length
  // Two-byte characters, so that bytes and characters differ.
  const missing = bytes - nameBytes - Buffer.byteLength(root) - 1
  const folder = `${root}/${'é'.repeat(missing / 2)}${'x'.repeat(missing % 2)}`
  mkdirSync(folder)
  const paths: string[] = []
  const listen = (path: string, identity: string) => {
    paths.push(path)
    return unixSockets.listen(path, identity)
  }
  const held = await lock(folder, { sockets: { listen } })
  expect(paths).toHaveLength(1)
  expect(paths[0]?.startsWith(isDirect ? folder : '/proc/self/fd/')).toBe(true)
  expect(existsSync(`${folder}/.lock`)).toBe(true)
  await held?.release()
})

test('only a dead lock is unlinked', async () => {
  const folder = makeFolder()
  writeFileSync(`${folder}/.lock`, '')
  const unlinked: string[] = []
  const unlink = (path: string) => {
    unlinked.push(path.replace(/-[\da-f]{8}$/, '-temporary'))
    return nodeFileOperations.unlink(path)
  }
  await lock(folder, { operations: { unlink } })
  expect(unlinked).toEqual([`${folder}/.lock`, `${folder}/.lock-temporary`])
})
