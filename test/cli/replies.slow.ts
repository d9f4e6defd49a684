/** `replies check`, tested with the built program. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from '../support/folder.ts'

const PROGRAM = resolve('dist/cli/receiver.js')

const RULES = {
  rules: {
    on_message_received: [
      { name: 'billing', when: { intent: 'billing_*' }, reply: 'Billing: {{message}}' },
      { when: { bot_id: [22, 23], message: ['refund*', 'help'] }, reply: 'no' },
      { when: { channel: 'x', message: 'refund' }, skip: true },
    ],
  },
}

/** Runs the command in a directory with these files. */
function run(args: string[], files: Record<string, unknown> = { 'replies.json': RULES }) {
  const cwd = makeFolder()
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(cwd, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'replies', ...args], { cwd })
  return { status, stdout: String(stdout), stderr: String(stderr) }
}

test('a valid file', () => {
  const file = { rules: { on_ticket_created: [{ reply: 'Hi' }] } }
  expect(run(['check', 'replies.json'], { 'replies.json': file })).toStrictEqual({
    status: 0,
    stdout: 'replies.json is valid: 1 rule. The built-in rules apply first.\n',
    stderr: '',
  })
  const alone = { standalone: true, rules: {} }
  expect(run(['check', 'replies.json'], { 'replies.json': alone }).stdout).toBe(
    'replies.json is valid: 0 rules. The built-in rules do not apply.\n',
  )
})

test('warnings do not change the exit code', () => {
  const { status, stdout } = run(['check', 'replies.json'])
  expect(status).toBe(0)
  expect(stdout).toMatch(
    /^Warning: replies.json, line 1, column \d+, .*"channel" is not a documented field of on_message_received/m,
  )
})

test('an invalid file', () => {
  const { status, stdout, stderr } = run(['check', 'replies.json'], { 'replies.json': '{"rules":\n{},}' })
  expect(status).toBe(78)
  expect(stdout).toBe('')
  expect(stderr).toBe(
    'Cannot load the reply rules:\n' +
      '  replies.json, line 2, column 4: expected a key in "double quotes" here, or remove the comma before it\n',
  )
})

test('an event type stands for its documented example', () => {
  const { status, stdout } = run(['check', 'replies.json', 'on_message_received'])
  expect(status).toBe(0)
  expect(stdout.slice(stdout.indexOf('\n\n') + 2)).toBe(`A message (the documented example of on_message_received):

  does not apply  built-in: greeting
                    intent: expected "greeting.hello", but the event has "billing_inquiry"
  applies         billing
  does not apply  on_message_received[1]
                    bot_id: expected one of "22", "23", but the event has "21"
  does not apply  on_message_received[2]
                    channel: expected "x", but the event has no such field
                    message: expected the word "refund", but the event has "Hello, I need help with billing."

Reply:
{
  "status": "success",
  "action": "override_response",
  "response": "Billing: Hello, I need help with billing."
}
`)
})

test('a file that contains an event', () => {
  const event = { event_type: 'on_message_received', bot_id: '23', message: 'Hello' }
  const { status, stdout } = run(['check', 'replies.json', 'event.json'], {
    'replies.json': RULES,
    'event.json': event,
  })
  expect(status).toBe(0)
  expect(stdout).toContain('The on_message_received event in event.json:')
  expect(stdout).toContain('message: expected one of the words "refund*", "help", but the event has "Hello"')
  expect(stdout).toMatch(/Reply:\n\{\n {2}"status": "success"\n\}\n$/)
})

test('control characters in events and files are escaped', () => {
  const steering = '\u009b31m\u202e'
  const rule = { name: `name${steering}`, when: { message: 'x' }, reply: 'y' }
  const answering = { reply: '{{message}}', when: { bot_id: 23 } }
  const event = { event_type: 'on_message_received', bot_id: '23', message: `Hello ${steering}` }
  const files = { 'replies.json': { rules: { on_message_received: [rule, answering] } }, 'event.json': event }
  const { status, stdout } = run(['check', 'replies.json', 'event.json'], files)
  expect(status).toBe(0)
  expect(stdout).not.toMatch(/[^\P{C}\n]/u)
  expect(stdout).toContain('does not apply  name\\u009b31m\\u202e\n')
  expect(stdout).toContain('the event has "Hello \\u009b31m\\u202e"')
  expect(stdout).toContain('"response": "Hello \\u009b31m\\u202e"')

  const broken = run(['check', 'replies.json'], { 'replies.json': { rules: { [steering]: [] } } })
  expect(broken.status).toBe(78)
  expect(broken.stderr).not.toMatch(/[^\P{C}\n]/u)
})

test('an event without a rule', () => {
  const files = { 'replies.json': { standalone: true, rules: {} } }
  expect(run(['check', 'replies.json', 'on_ticket_created'], files).stdout).toContain(
    'There are no rules for this event.',
  )
})

test.for<[title: string, args: string[], message: string]>([
  ['no command', [], 'Usage: digireply-receiver replies [options] [command]'],
  ['another command', ['chek', 'replies.json'], "unknown command 'chek'\n(Did you mean check?)"],
  ['no file', ['check'], "missing required argument 'file'"],
  ['too many arguments', ['check', 'replies.json', 'on_ticket_created', 'x'], 'too many arguments'],
  ['an unknown option', ['check', '--fast', 'replies.json'], "unknown option '--fast'"],
  ['a misspelt event', ['check', 'replies.json', 'on_ticket_create'], 'Did you mean on_ticket_created?'],
  [
    'neither a file nor an event type',
    ['check', 'replies.json', 'event.json'],
    'The event types are on_message_received, ',
  ],
  ['an invalid event', ['check', 'replies.json', 'replies.json'], 'event_type: must be one of: '],
])('wrong usage: %s', ([, args, message]) => {
  const { status, stderr } = run(args)
  expect(stderr).toContain(message)
  expect(status).toBe(2)
})

test('a missing replies file', () => {
  const { status, stderr } = run(['check', 'none.json'])
  expect(status).toBe(78)
  expect(stderr).toMatch(/The file .*none\.json does not exist\./)
})

test('--help', () => {
  const { status, stdout } = run(['check', '--help'])
  expect(status).toBe(0)
  expect(stdout).toContain('Usage: digireply-receiver replies check [options] <file> [event]')
})
