/** Where `send` takes the token from. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { UsageError } from '../../src/cli/failure.ts'
import { readTokenFile } from '../../src/cli/send/token-file.ts'
import { makeFolder, readRecords } from '../support/folder.ts'
import { run, SEND } from '../support/send.ts'
import { startTestService, TOKEN } from '../support/service.ts'

const NOBODY = 65_534

function writeToken(content: string): string {
  const path = join(makeFolder(), 'token')
  writeFileSync(path, content)
  return path
}

test.for(['\n', '\r\n', ''])('a token file may end with %j', (end) => {
  expect(readTokenFile(writeToken(`${TOKEN}${end}`))).toBe(TOKEN)
})

test('--token-file replaces a token in the settings, which still say where the service is', async () => {
  const service = await startTestService()
  const directory = makeFolder()
  writeFileSync(join(directory, 'token'), TOKEN)
  const settings = { HOST: '127.0.0.1', PORT: `${service.port}`, LOG_DIR: service.logDir, WEBHOOK_SECRET_FILE: 'gone' }
  expect((await run(directory, ['on_message_received', '--token-file', 'token'], settings)).code).toBe(0)
  expect(readRecords(service.logDir, 'webhook_log.jsonl')).toHaveLength(1)
})

test.for([
  ['', 'the file is empty'],
  ['PASTE_YOUR_SECRET_KEY_HERE', 'placeholder'],
  [`Bearer ${TOKEN}`, 'without that word'],
  [`${TOKEN}\u0007`, 'not allowed in an HTTP header'],
])('a token file that contains %j is wrong usage', ([content = '', message = '']) => {
  const read = () => readTokenFile(writeToken(content))
  expect(read).toThrow(UsageError)
  expect(read).toThrow(message)
  expect(read).toThrow(/^--token-file: (?!WEBHOOK)/)
})

test('a token file that does not exist is wrong usage', async () => {
  const { code, stderr } = await run(makeFolder(), ['on_message_received', '--token-file', 'token'])
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error: --token-file: .*not exist/),
  })
})

test('an empty path is wrong usage', () => {
  expect(() => readTokenFile('')).toThrow('--token-file: The path is empty.')
})

test('--token and --token-file exclude each other', async () => {
  const { code, stderr } = await run(makeFolder(), ['on_message_received', '--token', 'x', '--token-file', 'y'])
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('not both') })
})

test('files that the user may not read are named, with a way out', async ({ skip }) => {
  const isRoot = process.getuid?.() === 0
  const uid = isRoot ? NOBODY : process.getuid?.()
  const directory = makeFolder()
  chmodSync(directory, 0o755)
  if (isRoot && (await run(directory, ['--list'], {}, uid)).code !== 0) skip(`nobody cannot run ${SEND[0]}`)
  const [env, secret] = [join(directory, '.env'), join(directory, 'secret')]
  for (const path of [env, secret]) {
    writeFileSync(path, TOKEN)
    chmodSync(path, 0)
  }
  const send = (args: readonly string[] = [], settings = {}) =>
    run(directory, ['on_message_received', ...args], settings, uid)

  const noSettings = await send()
  expect(noSettings).toMatchObject({ code: 78, stderr: expect.stringContaining('Permission denied for .env') })
  expect(noSettings.stderr).toContain('--url and --token-file')
  rmSync(env)
  const noToken = await send([], { WEBHOOK_SECRET_FILE: secret })
  expect(noToken).toMatchObject({ code: 78, stderr: expect.stringContaining(`Permission denied for ${secret}`) })
  expect(noToken.stderr).toMatch(/sudo.*--token-file/)
  const noTokenFile = await send(['--token-file', secret])
  expect(noTokenFile).toMatchObject({ code: 2, stderr: expect.stringContaining(`permission denied for ${secret}`) })
})
