/** `events`, as a real process next to real log files. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type LogRecord, makeFolder } from '../support/folder.ts'
import { RECEIVER } from '../support/process.ts'
import { startTestService } from '../support/service.ts'

const MESSAGE = { event_type: 'on_message_received', bot_id: 21, visitor_id: 'v_1', message: 'Hello' }
const TICKET = {
  event_type: 'on_ticket_created',
  bot_id: '22',
  visitor_id: 'v_2',
  ticket_number: 'T-1',
  ticket_data: { name: 'Jane', description: 'A refund' },
}

const env = { PATH: process.env.PATH }

function parseLines(text: string): LogRecord[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

function events(cwd: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RECEIVER, 'events', ...args], {
    cwd,
    env,
    encoding: 'utf8',
  })
  return {
    status,
    stdout,
    stderr,
    records: () => parseLines(stdout),
  }
}

/** Starts a service with two messages, a ticket and a rejected request. */
async function startWithEvents() {
  const folder = makeFolder()
  const service = await startTestService({ LOG_DIR: join(folder, 'logs') })
  for (const body of [MESSAGE, TICKET, { ...MESSAGE, message: 'Bye', visitor_id: 'v_3' }, { event_type: 'unknown' }]) {
    await service.post(JSON.stringify(body))
  }
  return { folder, service }
}

test('list shows the stored lines as they are, with each filter', async () => {
  const { folder } = await startWithEvents()
  const visitors = (...args: string[]) =>
    events(folder, 'list', ...args)
      .records()
      .map((record) => record.visitor_id ?? record.data?.visitor_id)
  expect(visitors()).toEqual(['v_1', 'v_2', 'v_3'])
  expect(events(folder, 'list', '--type', 'on_message_received').stdout).toBe(
    readFileSync(join(folder, 'logs/webhook_log.jsonl'), 'utf8'),
  )
  expect(visitors('--bot', '22')).toEqual(['v_2'])
  expect(visitors('--visitor', 'v_3')).toEqual(['v_3'])
  expect(visitors('--grep', 'REFUND')).toEqual(['v_2'])
  expect(visitors('--limit', '2')).toEqual(['v_2', 'v_3'])
  expect(visitors('--since', '1h')).toEqual(['v_1', 'v_2', 'v_3'])
  expect(visitors('--since', '2000-01-01', '--until', '2000-01-02')).toEqual([])
  expect(visitors('--until', '1m')).toEqual([])
  expect(events(folder, 'list', '--rejected').records()).toMatchObject([{ body: '{"event_type":"unknown"}' }])
})

test('show has the record, the event and what the current rules would answer', async () => {
  const { folder, service } = await startWithEvents()
  const [ticket] = events(folder, 'list', '--type', 'on_ticket_created').records()
  await service.close()
  const rules = { rules: { on_ticket_created: [{ reply: 'Thanks, {{ticket_data.name}}' }] } }
  writeFileSync(join(folder, 'replies.json'), JSON.stringify(rules))
  writeFileSync(join(folder, '.env'), 'REPLIES_FILE=replies.json\n')
  const { status, stdout } = events(folder, 'show', ticket.event_id)
  expect(status).toBe(0)
  expect(stdout).toContain(`The record:\n${JSON.stringify(ticket, undefined, 2)}\n`)
  expect(stdout).toContain(`The event as DigiReply sent it:\n${JSON.stringify(TICKET, undefined, 2)}\n`)
  expect(stdout).toMatch(/What the current rules would answer[\s\S]*Thanks, Jane/)

  const [rejected] = events(folder, 'list', '--rejected').records()
  expect(events(folder, 'show', rejected.event_id).stdout).not.toContain('rules')
  expect(events(folder, 'show', 'missing')).toMatchObject({ status: 1, stderr: expect.stringContaining('No event') })
})

test.for([
  [['list', '--type', 'on_tiket'], 2, 'Did you mean on_ticket_created?'],
  [['list', '--since', 'yesterday'], 2, '--since must be'],
  [['list', '--since', '2026-13-45'], 2, '--since must be'],
  [['list', '--since', '1h', '--until', '2h'], 2, '--until must be later'],
  [['list', '--limit', '0'], 2, '--limit must be'],
  [['list', '--rejected', '--bot', '1'], 2, '--rejected cannot be combined'],
  [['list'], 1, 'There is no directory logs'],
  [['follow'], 1, 'There is no directory logs'],
] as const)('%j fails with %i', ([args, status, message]) => {
  expect(events(makeFolder(), ...args)).toMatchObject({ status, stdout: '', stderr: expect.stringContaining(message) })
})

test('follow shows new events across a rotation, until it is interrupted', async () => {
  const { folder, service } = await startWithEvents()
  const child = spawn(
    process.execPath,
    [RECEIVER, 'events', 'follow', '--since', '1h', '--type', 'on_message_received'],
    {
      cwd: folder,
      env,
    },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  const messages = () => parseLines(output).map(({ message }) => message)
  const shown = (...expected: string[]) => vi.waitFor(() => expect(messages()).toEqual(expected), 5000)
  await shown('Hello', 'Bye')
  await service.post(JSON.stringify({ ...MESSAGE, message: 'new' }))
  await shown('Hello', 'Bye', 'new')
  renameSync(join(folder, 'logs/webhook_log.jsonl'), join(folder, 'logs/webhook_log.jsonl.1'))
  await service.post(JSON.stringify({ ...MESSAGE, message: 'after rotation' }))
  await shown('Hello', 'Bye', 'new', 'after rotation')
  child.kill('SIGTERM')
  expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0)
})

test('a closed pipe ends the command without an error', () => {
  const folder = makeFolder()
  mkdirSync(join(folder, 'logs'))
  const line = `${JSON.stringify({ ...MESSAGE, event_id: 'x', received_at: new Date().toISOString() })}\n`
  writeFileSync(join(folder, 'logs/webhook_log.jsonl'), line.repeat(50_000))
  const script = `set -o pipefail; "${process.execPath}" "${RECEIVER}" events list | head -1`
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { cwd: folder, env, encoding: 'utf8' })
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: line, stderr: '' })
})
