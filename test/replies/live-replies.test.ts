/** A changed file takes effect while the service is running, tested with real files and a real socket. */
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { repliesFileLimits } from '../../src/config/limits.ts'
import { type FileContent, readContent } from '../../src/lib/file-content.ts'
import { detectChanges } from '../../src/lib/watch-file.ts'
import { loadReplies } from '../../src/replies/live-replies.ts'
import { applyRules } from '../../src/replies/replies.ts'
import { createTelemetry } from '../../src/telemetry.ts'
import { makeFolder } from '../support/folder.ts'
import { makeEvent } from '../support/rules.ts'
import { startTestService } from '../support/service.ts'
import { reportingTo } from '../support/telemetry.ts'
import { until } from '../support/wait.ts'

// Reads real files, and only counts the calls.
vi.mock('../../src/lib/file-content.ts', { spy: true })

const FAST = { ...repliesFileLimits, readInterval: 20 }
const MESSAGE = JSON.stringify({ event_type: 'on_message_received', message: 'Hi' })

const replying = (reply: string) => JSON.stringify({ rules: { on_message_received: [{ reply }] } })

/** Loads a file and watches it. */
async function watch(file: string) {
  const lines: string[] = []
  const telemetry = reportingTo(({ level, message, ...fields }) =>
    lines.push(`${level}: ${message} ${fields.file ?? fields.reason ?? fields.warning}`),
  )
  const replies = await loadReplies(file, FAST, telemetry)
  onTestFinished(replies.watch())
  return {
    lines,
    errors: () => lines.filter((line) => line.startsWith('error:')),
    reply: () => applyRules(replies.current(), makeEvent('on_message_received')).reply.response,
  }
}

async function watchNewFile(content: string) {
  const file = join(makeFolder(), 'replies.json')
  writeFileSync(file, content)
  return { file, ...(await watch(file)) }
}

/** How often a file was read, including a read in progress. */
const readings = (file: string) => vi.mocked(readContent).mock.calls.filter(([read]) => read === file).length

/** Waits until a file has been read several more times. */
async function someReadings(file: string) {
  const before = readings(file)
  await until(() => expect(readings(file)).toBeGreaterThan(before + 5))
}

test('an edit in place', async () => {
  const { file, reply, lines } = await watchNewFile(replying('one'))
  expect(reply()).toBe('one')
  writeFileSync(file, replying('two'))
  await until(() => expect(reply()).toBe('two'))
  expect(lines).toStrictEqual([
    `info: reply rules loaded ${file}`,
    `info: reply rules reloaded: their file has changed ${file}`,
  ])
})

test('an edit that keeps the size', async () => {
  const { file, reply } = await watchNewFile(replying('one'))
  writeFileSync(file, replying('two'))
  await until(() => expect(reply()).toBe('two'))
})

test('a file that an editor renames over the old one', async () => {
  const { file, reply } = await watchNewFile(replying('one'))
  for (const text of ['two', 'three']) {
    writeFileSync(`${file}.tmp`, replying(text))
    renameSync(`${file}.tmp`, file)
    await until(() => expect(reply()).toBe(text))
  }
})

test('a mounted directory whose symlink Kubernetes swaps', async () => {
  const directory = makeFolder()
  const mount = (version: string) => {
    mkdirSync(join(directory, `..${version}`))
    writeFileSync(join(directory, `..${version}`, 'replies.json'), replying(version))
    symlinkSync(`..${version}`, join(directory, '..data_tmp'))
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
  }
  mount('2026_1')
  symlinkSync('..data/replies.json', join(directory, 'replies.json'))
  const { reply } = await watch(join(directory, 'replies.json'))
  expect(reply()).toBe('2026_1')
  for (const [old, version] of [
    ['2026_1', '2026_2'],
    ['2026_2', '2026_3'],
  ] as const) {
    mount(version)
    rmSync(join(directory, `..${old}`), { recursive: true })
    await until(() => expect(reply()).toBe(version))
  }
})

test('a file that is removed and restored', async () => {
  const { file, reply, errors, lines } = await watchNewFile(replying('one'))
  unlinkSync(file)
  await until(() => expect(errors()).toHaveLength(1))
  expect(errors()[0]).toContain(`The file ${file} does not exist.`)
  expect(reply()).toBe('one')
  writeFileSync(file, replying('one'))
  await until(() => expect(lines.at(-1)).toBe(`info: reply rules reloaded: their file has changed ${file}`))
  writeFileSync(file, replying('two'))
  await until(() => expect(reply()).toBe('two'))
})

test('an invalid file changes nothing, is reported once, and can be fixed', async () => {
  const { file, reply, errors } = await watchNewFile(replying('one'))
  writeFileSync(file, '{"rules": }')
  await until(() => expect(errors()).toHaveLength(1))
  await someReadings(file)
  expect(errors()).toHaveLength(1)
  expect(errors()[0]).toContain(`${file}, line 1, column 11: expected a value here`)
  expect(reply()).toBe('one')
  writeFileSync(file, '')
  await until(() => expect(errors()).toHaveLength(2))
  expect(reply()).toBe('one')
  writeFileSync(file, replying('two'))
  await until(() => expect(reply()).toBe('two'))
})

test('warnings are logged when a file is loaded', async () => {
  const { lines } = await watchNewFile(replying('{{mesage}}'))
  expect(lines[0]).toMatch(/^warn: .*did you mean "message"\?$/)
})

test('a reload applies the file at once', async () => {
  const file = join(makeFolder(), 'replies.json')
  writeFileSync(file, replying('one'))
  const lines: string[] = []
  const telemetry = reportingTo(({ level, message }) => lines.push(`${level}: ${message}`))
  const replies = await loadReplies(file, repliesFileLimits, telemetry)
  const reply = () => applyRules(replies.current(), makeEvent('on_message_received')).reply.response
  await replies.reload()
  expect(lines).toHaveLength(1)
  writeFileSync(file, replying('two'))
  await replies.reload()
  expect(reply()).toBe('two')
  expect(lines.slice(1)).toStrictEqual(['info: reply rules reloaded: their file has changed'])
})

test('a reload reports a file that is still invalid again', async () => {
  const file = join(makeFolder(), 'replies.json')
  writeFileSync(file, replying('one'))
  const errors: string[] = []
  const telemetry = reportingTo(({ level, message }) => level === 'error' && errors.push(message))
  const replies = await loadReplies(file, repliesFileLimits, telemetry)
  const before = replies.current()
  writeFileSync(file, '{"rules": }')
  await replies.reload()
  await replies.reload()
  expect(errors).toHaveLength(2)
  expect(replies.current()).toBe(before)
  writeFileSync(file, replying('one'))
  await replies.reload()
  expect(replies.current()).not.toBe(before)
  await replies.reload()
  expect(errors).toHaveLength(2)
})

test('a poll that reads the old file while it is reloaded does not undo the reload', () => {
  const isSettledChange = detectChanges({ bytes: Buffer.from('old') })
  const [oldFile, newFile] = [{ bytes: Buffer.from('old') }, { bytes: Buffer.from('new') }]
  expect(isSettledChange(newFile) || isSettledChange(newFile)).toBe(true)
  expect([oldFile, newFile, newFile, newFile].map(isSettledChange)).toEqual([false, false, false, false])
})

test('changes are not applied after watching has stopped', async () => {
  const { file, reply: replyOfAnother } = await watchNewFile(replying('one'))
  const replies = await loadReplies(file, FAST, createTelemetry())
  replies.watch()()
  const before = replies.current()
  writeFileSync(file, replying('two'))
  await until(() => expect(replyOfAnother()).toBe('two'))
  await someReadings(file)
  expect(replies.current()).toBe(before)
})

test.for<[title: string, readings: string, reported: string]>([
  ['no change', 'aaa', '...'],
  ['a change', 'abb', '..b'],
  ['a change is reported once', 'bbbb', '.b..'],
  ['half-written contents are not reported', 'bcdee', '....e'],
  ['a change that is reverted immediately', 'baa', '...'],
  ['a change that is reverted later', 'bbaa', '.b.a'],
  ['a missing file', '--aa', '.-.a'],
  ['a file that is missing briefly', '-aa', '...'],
])('two consecutive reads must agree: %s', ([, readings, reported]) => {
  const toContent = (name: string): FileContent =>
    name === '-' ? { unreadable: 'missing' } : { bytes: Buffer.from(name) }
  const isSettledChange = detectChanges(toContent('a'))
  expect([...readings].map((name) => (isSettledChange(toContent(name)) ? name : '.')).join('')).toBe(reported)
})

test('under load, no request is lost and a change takes effect within three seconds', async () => {
  const file = join(makeFolder(), 'replies.json')
  writeFileSync(file, replying('0'))
  const service = await startTestService({ REPLIES_FILE: file, LOG_FSYNC: 'false' })
  const post = async () => {
    const response = await service.post(MESSAGE)
    return { status: response.status, text: ((await response.json()) as { response: string }).response }
  }
  const answers: { status: number; text: string }[] = []
  let loaded = true
  const senders = Array.from({ length: 3 }, async () => {
    while (loaded) {
      answers.push(await post())
      await setTimeout(2) // leaves time for reading the file
    }
  })
  const endLoad = async () => {
    loaded = false
    await Promise.all(senders)
  }
  onTestFinished(endLoad)
  // One that may be in progress, one that sees the change, and one that confirms it.
  const mostReadings = 3
  expect(mostReadings * repliesFileLimits.readInterval).toBeLessThanOrEqual(3000)
  for (const [text, write] of [
    ['1', (path: string, content: string) => writeFileSync(path, content)],
    [
      '2',
      (path: string, content: string) => {
        writeFileSync(`${path}.tmp`, content)
        renameSync(`${path}.tmp`, path)
      },
    ],
  ] as const) {
    const before = readings(file)
    write(file, replying(text))
    await until(() => expect(answers.at(-1)?.text).toBe(text))
    expect(readings(file) - before).toBeLessThanOrEqual(mostReadings)
  }
  await endLoad()

  expect(answers.filter(({ status }) => status !== 200)).toStrictEqual([])
  expect(new Set(answers.map(({ text }) => text))).toStrictEqual(new Set(['0', '1', '2']))
  const logged = service.logLines.filter(({ msg }) => msg === 'event stored')
  expect(logged).toHaveLength(answers.length)
  expect(logged.at(-1).rules).toStrictEqual(['on_message_received[0]'])
})
