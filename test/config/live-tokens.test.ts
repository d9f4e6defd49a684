/** A changed token file takes effect while the service is running, tested with real files. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { settingsFileLimits } from '../../src/config/limits.ts'
import { liveTokens } from '../../src/config/live-tokens.ts'
import type { Environment } from '../../src/config/tokens.ts'
import { makeFolder } from '../support/folder.ts'
import { until } from '../support/wait.ts'

const FAST = { ...settingsFileLimits, readInterval: 20 }
const OLD = 'the-old-token-of-the-webhook'
const NEW = 'the-new-token-of-the-webhook'

/** Reads the settings and watches the files that they name. */
function watch(settings: Environment) {
  const reported: unknown[] = []
  const report = (entry: unknown) => void reported.push(entry)
  const tokens = liveTokens(readConfig(settings), FAST, { changed: report, rejected: report, doubtful: report })
  onTestFinished(tokens.watch())
  return { tokens, reported }
}

/** Writes both files, and watches them. */
function watchFiles(current: string, previous: string) {
  const folder = makeFolder()
  const [file, previousFile] = [join(folder, 'secret'), join(folder, 'previous')]
  writeFileSync(file, current)
  writeFileSync(previousFile, previous)
  return { file, previousFile, ...watch({ WEBHOOK_SECRET_FILE: file, WEBHOOK_SECRET_PREVIOUS_FILE: previousFile }) }
}

/** Replaces a file as an editor or a configuration tool does. */
function replace(file: string, content: string): void {
  writeFileSync(`${file}.tmp`, content)
  renameSync(`${file}.tmp`, file)
}

test('a token is changed in three steps, and one of both is accepted at any time', async () => {
  const { file, previousFile, tokens, reported } = watchFiles(`${OLD}\n`, `${OLD}\n`)
  expect(tokens.current()).toEqual({ current: OLD, previous: undefined })
  replace(file, `${NEW}\n`)
  await until(() => expect(tokens.current()).toEqual({ current: NEW, previous: OLD }))
  replace(previousFile, `${NEW}\n`)
  await until(() => expect(tokens.current()).toEqual({ current: NEW, previous: undefined }))
  expect(reported).toEqual([
    { setting: 'WEBHOOK_SECRET_FILE', isPreviousAccepted: true },
    { setting: 'WEBHOOK_SECRET_PREVIOUS_FILE', isPreviousAccepted: false },
  ])
})

test('the tokens are the same object until a file changes', async () => {
  const { file, tokens } = watchFiles(NEW, OLD)
  const before = tokens.current()
  await tokens.reload()
  expect(tokens.current()).toBe(before)
  writeFileSync(file, `${OLD}-2`)
  await tokens.reload()
  expect(tokens.current()).toEqual({ current: `${OLD}-2`, previous: OLD })
})

test('a reload reports again that a file cannot be used', async () => {
  const { file, tokens, reported } = watchFiles(NEW, OLD)
  writeFileSync(file, '')
  await tokens.reload()
  await tokens.reload()
  expect(reported).toEqual(Array(2).fill(expect.stringContaining('WEBHOOK_SECRET_FILE: the file is empty')))
})

test('mounted secrets whose symlink is swapped', async () => {
  const directory = makeFolder()
  const mount = (version: string, current: string) => {
    mkdirSync(join(directory, `..${version}`))
    writeFileSync(join(directory, `..${version}`, 'secret'), current)
    symlinkSync(`..${version}`, join(directory, '..data_tmp'))
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
  }
  mount('1', OLD)
  symlinkSync('..data/secret', join(directory, 'secret'))
  const { tokens } = watch({ WEBHOOK_SECRET_FILE: join(directory, 'secret') })
  mount('2', NEW)
  rmSync(join(directory, '..1'), { recursive: true })
  await until(() => expect(tokens.current().current).toBe(NEW))
})

const remove = (file: string) => rmSync(file)
const writing = (content: string) => (file: string) => writeFileSync(file, content)

test.for<[title: string, breakFile: (file: string) => void]>([
  ['is removed', remove],
  ['is empty', writing('\n')],
  ['has two lines', writing(`${NEW}\n${NEW}\n`)],
  ['has the placeholder', writing('PASTE_YOUR_SECRET_KEY_HERE')],
  ['has the scheme', writing(`Bearer ${NEW}`)],
  ['has a character that no header may contain', writing(`${NEW}é`)],
  ['is too large', writing('x'.repeat(settingsFileLimits.maxBytes + 1))],
  ['is a symlink to itself', (file) => [remove(file), symlinkSync(file, file)]],
])('a file that %s changes nothing, and is reported once with the message of a start', async ([, breakFile]) => {
  const { file, previousFile, tokens, reported } = watchFiles(NEW, OLD)
  const settings = { WEBHOOK_SECRET_FILE: file, WEBHOOK_SECRET_PREVIOUS_FILE: previousFile }
  breakFile(file)
  breakFile(previousFile)
  await until(() => expect(reported).toHaveLength(2))
  for (const error of reported) expect(() => readConfig(settings)).toThrow(`  ${error}\n`)
  expect(reported.join()).not.toContain(NEW)
  expect(tokens.current()).toEqual({ current: NEW, previous: OLD })

  replace(file, `${NEW}-2`)
  await until(() => expect(tokens.current()).toEqual({ current: `${NEW}-2`, previous: OLD }))
  expect(reported).toHaveLength(3)
})

test('a token that can be guessed is accepted with a warning', async () => {
  const { file, tokens, reported } = watchFiles(NEW, NEW)
  writeFileSync(file, 'short')
  await tokens.reload()
  expect(reported).toEqual([
    { setting: 'WEBHOOK_SECRET_FILE', isPreviousAccepted: true },
    expect.stringContaining('fewer than 16 characters'),
  ])
})

test('a token from a pipe is read once', () => {
  const fifo = join(makeFolder(), 'pipe')
  execFileSync('mkfifo', [fifo])
  execFileSync('sh', ['-c', 'printf %s "$1" >"$2" &', 'sh', NEW, fifo], { stdio: 'ignore' })
  expect(readConfig({ WEBHOOK_SECRET_FILE: fifo })).toMatchObject({ tokens: { current: NEW }, tokenFiles: [] })
})
