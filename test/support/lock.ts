import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { expect, onTestFinished, vi } from 'vitest'
import { nodeFileOperations } from '../../src/event-store/files/file-operations.ts'
import { type Lock, lockDirectory } from '../../src/event-store/files/lock.ts'
import { unixSockets } from '../../src/event-store/files/lock-socket.ts'
import { reportingTo } from './telemetry.ts'

interface LockOptions {
  report?: (incident: unknown) => void
  operations?: Partial<typeof nodeFileOperations>
  sockets?: Partial<typeof unixSockets>
}

/** Locks a directory, and releases the lock after the test. */
export async function lock(folder: string, { report = vi.fn(), operations, sockets }: LockOptions = {}) {
  const taken = await lockDirectory({ ...nodeFileOperations, ...operations }, folder, reportingTo(report), {
    ...unixSockets,
    ...sockets,
  })
  let released: Promise<void> | undefined
  const release = () => {
    released ??= taken.release()
    return released
  }
  onTestFinished(release)
  return { release } satisfies Lock
}

/** Starts another process that listens on the lock's path, like a receiver. */
export async function startHolder(folder: string) {
  const code = `require('net').createServer().listen(process.argv[1], () => console.log('held'))`
  const holder = spawn(process.execPath, ['-e', code, `${folder}/.lock`], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  return holder
}

/** Leaves behind the lock of a killed process. */
export async function leaveDeadLock(folder: string) {
  const holder = await startHolder(folder)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  expect(readdirSync(folder)).toEqual(['.lock'])
}
