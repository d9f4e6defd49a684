import { readFileSync, unlinkSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { openTestAppender } from '../../support/event-store.ts'
import { failing, faultyDisk } from '../../support/faulty-disk.ts'

test('a failing disk is reported once, with its error, and so is its recovery', async () => {
  const fault = failing('ENOSPC')
  const { appender, incidents, reported } = await openTestAppender({ operations: faultyDisk({ write: fault.check }) })
  for (const line of ['1\n', '2\n']) await expect(appender.append(line)).rejects.toThrow('log.jsonl: cannot be written')
  fault.on = false
  for (const line of ['3\n', '4\n']) await appender.append(line)
  fault.on = true
  await expect(appender.append('5\n')).rejects.toMatchObject({
    name: 'StoreUnavailableError',
    mayBeStored: false,
    cause: { code: 'ENOSPC' },
  })
  expect(reported()).toEqual([
    'error: cannot store events: rejecting them until a write succeeds',
    'info: storing events again',
    'error: cannot store events: rejecting them until a write succeeds',
  ])
  expect(incidents).toMatchObject([
    { file: 'log.jsonl', error: { code: 'ENOSPC' } },
    { file: 'log.jsonl' },
    { file: 'log.jsonl', error: { code: 'ENOSPC' } },
  ])
})

test('a recovery noticed by a probe is reported', async () => {
  const fault = failing('ENOSPC')
  const { appender, levels } = await openTestAppender({ operations: faultyDisk({ write: fault.check }) })
  await expect(appender.append('1\n')).rejects.toThrow()
  fault.on = false
  await appender.checkReady()
  expect(levels()).toEqual(['error', 'info'])
})

test('a working disk is not probed, however often readiness is checked', async () => {
  const write = vi.fn(() => undefined)
  const { appender, levels } = await openTestAppender({ operations: faultyDisk({ write }) })
  await appender.append('1\n')
  await appender.checkReady()
  expect(write).toHaveBeenCalledTimes(1)
  expect(levels()).toEqual([])
})

test('a failed sync in a probe is as fatal as any other', async () => {
  const writing = failing('ENOSPC')
  const syncing = failing('EIO')
  const operations = faultyDisk({ write: writing.check, datasync: syncing.check })
  const { appender, folder, reported } = await openTestAppender({ operations })
  await expect(appender.append('1\n')).rejects.toThrow('cannot be written')
  writing.on = false
  await expect(appender.checkReady()).rejects.toThrow('cannot be written')
  syncing.on = false
  await expect(appender.append('2\n')).rejects.toThrow('cannot be written')
  expect(readFileSync(`${folder}/log.jsonl`, 'utf8')).toBe('')
  expect(reported().at(-1)).toBe(
    'fatal: events can no longer be stored safely: the service is shutting down and must be restarted',
  )
})

test('a deleted log file is reported', async () => {
  const state = { path: '', remove: true }
  const datasync = () => {
    if (state.remove) unlinkSync(state.path)
    state.remove = false
    return undefined
  }
  const { appender, folder, reported } = await openTestAppender({ operations: faultyDisk({ datasync }) })
  state.path = `${folder}/log.jsonl`
  await appender.append('1\n')
  expect(reported()).toEqual(['warn: a log file was deleted while in use: creating it again'])
})

test('closing waits for accepted lines, and rejects every later one', async () => {
  const { appender, folder, reported } = await openTestAppender()
  const accepted = appender.append('1\n')
  await appender.close()
  await accepted
  await expect(appender.append('2\n')).rejects.toThrow('log.jsonl: the service is shutting down')
  await expect(appender.checkReady()).rejects.toThrow('log.jsonl: the service is shutting down')
  expect(readFileSync(`${folder}/log.jsonl`, 'utf8')).toBe('1\n')
  expect(reported()).toEqual([])
})
