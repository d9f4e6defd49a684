/** An invalid replies file is fatal at startup, tested with a real process. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { makeFolder } from '../support/folder.ts'

/** Runs the built service in the directory until it exits. */
async function run(directory: string, settings: Record<string, string>) {
  const env = { PATH: process.env.PATH, WEBHOOK_SECRET: 'a-secret-of-some-length', ...settings }
  const child = spawn(process.execPath, [resolve('dist/main.js')], { cwd: directory, env })
  const [output, code] = await Promise.all([text(child.stdout), new Promise((ended) => child.on('close', ended))])
  return {
    code,
    lines: output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  }
}

test.for<[title: string, content: string | undefined, message: string]>([
  [
    'an invalid file',
    '{"rules": {"on_ticket_created": [{"reply": 1}]}}',
    'replies.json, line 1, column 44, rules.on_ticket_created[0].reply: must be a string',
  ],
  ['no file', undefined, 'does not exist'],
])('%s: exit code 78, a single line in the log, and nothing listens or is stored', async ([, content, message]) => {
  const directory = makeFolder()
  if (content !== undefined) writeFileSync(join(directory, 'replies.json'), content)
  // The port is in use, so a service that tried to listen would report that.
  const holder = createServer().listen(0, '127.0.0.1')
  await new Promise((ready) => holder.once('listening', ready))
  const port = String((holder.address() as { port: number }).port)
  const { code, lines } = await run(directory, { REPLIES_FILE: 'replies.json', HOST: '127.0.0.1', PORT: port })
  holder.close()

  expect(code).toBe(78)
  expect(lines).toEqual([
    expect.objectContaining({
      msg: 'cannot start: the settings are invalid',
      errors: [expect.stringMatching(/^REPLIES_FILE: /)],
    }),
  ])
  expect(lines[0].errors[0]).toContain(message)
  expect(existsSync(join(directory, 'logs'))).toBe(false)
})

test('a directory as REPLIES_FILE', async () => {
  const directory = makeFolder()
  mkdirSync(join(directory, 'replies.json'))
  const { code, lines } = await run(directory, { REPLIES_FILE: 'replies.json', PORT: '0' })
  expect([code, lines]).toMatchObject([78, [{ errors: [expect.stringContaining('replies.json is not a file.')] }]])
})
