/** The program as a process: wrong usage, help, and output that is not read. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeFolder } from '../support/folder.ts'
import { MAIN, RECEIVER, startProcess } from '../support/process.ts'

/** Runs the program in a directory that must remain empty. */
function run(args: readonly string[], script = RECEIVER) {
  const cwd = makeFolder()
  const options = { cwd, env: { PATH: process.env.PATH }, encoding: 'utf8' } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], options)
  expect(readdirSync(cwd)).toEqual([])
  return { status, stdout, stderr }
}

test.for<[args: string[], message: string, script?: string]>([
  [[], 'Usage: digireply-receiver [options] [command]'],
  [['sevre'], "unknown command 'sevre'\n(Did you mean serve?)\nRun digireply-receiver --help for its usage.\n"],
  [['serve', '--prety'], "unknown option '--prety'\n(Did you mean --pretty?)\nRun digireply-receiver serve --help"],
  [['serve', '8080'], 'too many arguments'],
  [['--prety'], '(Did you mean --pretty?)', MAIN],
  [['config'], 'Usage: digireply-receiver config [options] [command]'],
  [['config', 'chekc'], '(Did you mean check?)'],
  [['config', 'check', '.env'], 'too many arguments'],
])('%j is wrong usage: exits with 2 without starting anything', ([args, message, script]) => {
  const { status, stdout, stderr } = run(args, script)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain(message)
  expect(stderr).not.toMatch(/^ {4}at /m)
})

test.for([
  ['send', '--tokn=secret'],
  ['send', '--tokn=se\ncret', '--same'],
  ['send', "--tokn='secret'\n(Did"],
  ['send', '-tsecret'],
  ['send', 'on_ticket_created', '--token', 'sécret'],
  ['send', 'on_ticket_created', 'secret'],
  ['send', 'on_ticket_created', '--url', 'https://user:secret@bot.example.com/'],
  ['send', 'on_ticket_created', '--url', 'user:secret@bot.example.com'],
  ['--token=secret', 'send', 'on_ticket_created'],
])('%j: wrong usage, reported without the secret', (args) => {
  const { status, stdout, stderr } = run(args)
  expect(status).toBe(2)
  expect(stdout + stderr).not.toMatch(/s[eé]\n?cret/)
})

test.for<[args: string[], printed: string]>([
  [['--version'], '1.0.0\n'],
  [['--help'], 'Commands:\n  serve '],
  [['help'], 'Commands:\n  serve '],
  [['help', 'serve'], '--pretty'],
  [['config', 'check', '--help'], 'Exit codes: 0 if the settings are valid'],
])('%j prints to stdout and starts nothing', ([args, printed]) => {
  const { status, stdout, stderr } = run(args)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain(printed)
})

test('control characters in arguments are escaped', () => {
  expect(run(['\u001b[31mserve']).stderr).toContain("unknown command '\\u001b[31mserve'")
})

test.for<[redirect: string, status: number, stderr: string]>([
  ['| true', 0, ''],
  ['>/dev/full', 1, 'Cannot write the output: the disk is full.\n'],
  ['2>/dev/full', 0, ''],
])('config check %s', ([redirect, status, stderr]) => {
  const command = `set -o pipefail; "$0" "$1" config check ${redirect}`
  const options = { cwd: makeFolder(), encoding: 'utf8' } as const
  const result = spawnSync('bash', ['-c', command, process.execPath, RECEIVER], options)
  expect(result).toMatchObject({ status, stderr })
})

test('serve does the same as main.js, including --pretty', async () => {
  const receivers = [
    startProcess({ script: [RECEIVER, 'serve'] }),
    startProcess({ script: [RECEIVER, 'serve', '--pretty'] }),
    startProcess({ script: [MAIN, '--pretty'] }),
  ]
  for (const receiver of receivers) {
    await receiver.started
    expect((await receiver.post('{"event_type":"on_message_received"}')).status).toBe(200)
    receiver.child.kill('SIGTERM')
    expect(await receiver.exited).toBe(0)
  }
  expect(receivers.map((receiver) => receiver.output().startsWith('{'))).toEqual([true, false, false])
})
