import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { makeFolder, readRecords } from '../support/folder.ts'
import { startProcess, TOKEN } from '../support/process.ts'

/** Anything that a plain message does not contain: a stack trace, or a path of the source. */
const STACK = /^\s+at |node:internal|dist\//m

describe('the first start', () => {
  test('creates a token and prints how to try it, with a command that works', async () => {
    const folder = makeFolder()
    copyFileSync('.env.example', `${folder}/.env.example`)
    const first = startProcess({ folder, env: { WEBHOOK_SECRET: undefined } })
    await first.started
    await vi.waitFor(() => expect(first.output()).toContain('In DigiReply, enter'))
    expect(statSync(`${folder}/.env`).mode & 0o777).toBe(0o600)
    const token = readFileSync(`${folder}/.env`, 'utf8').match(/^WEBHOOK_SECRET=([0-9a-f]{64})$/m)?.[1]
    expect(token).toBeDefined()
    expect(first.output()).not.toContain(token)

    const [call = ''] = first.output().match(/curl [\s\S]*?'\n/) ?? []
    expect(call).toContain(`http://localhost:${first.port}/webhook`)
    const answer = execFileSync('sh', ['-c', call.replace('localhost', '127.0.0.1')], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    expect(JSON.parse(String(answer))).toMatchObject({ response: 'Welcome! How can I assist you today?' })
    expect(readRecords(`${folder}/logs`, 'webhook_log.jsonl')).toHaveLength(1)
    first.child.kill('SIGTERM')
    expect(await first.exited).toBe(0)

    const second = startProcess({ folder, env: { WEBHOOK_SECRET: undefined } })
    await second.started
    expect(second.output()).not.toContain('Its token is in')
    expect(
      (await second.post('{"event_type":"on_message_received"}', { authorization: `Bearer ${token}` })).status,
    ).toBe(200)
  })

  test.for<[string, Record<string, string | undefined>]>([
    ['in production', { WEBHOOK_SECRET: undefined, NODE_ENV: 'production' }],
    ['with an empty variable', { WEBHOOK_SECRET: '' }],
  ])('%s, no token is created', async ([, env]) => {
    const receiver = startProcess({ env })
    expect(await receiver.exited).toBe(78)
    expect(receiver.output()).toContain('WEBHOOK_SECRET: is not set')
    expect(receiver.output()).not.toMatch(STACK)
    expect(existsSync(`${receiver.folder}/.env`)).toBe(false)
  })

  test('a first start that fails leaves nothing behind, so that the next one is a first start again', async () => {
    const folder = makeFolder()
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const failed = startProcess({ folder, env: { WEBHOOK_SECRET: undefined, PORT: String(port) } })
    expect(await failed.exited).toBe(1)
    expect(failed.output()).toContain(`PORT: ${port} is already in use`)
    server.close()
    const next = startProcess({ folder, env: { WEBHOOK_SECRET: undefined, LOG_DIR: 'events' } })
    await next.started
    await vi.waitFor(() => expect(next.output()).toContain('Its token is in'))
    expect(next.output()).toContain('events/webhook_log.jsonl')
  })

  test('a .env that cannot be read is reported', async () => {
    const folder = makeFolder()
    mkdirSync(`${folder}/.env`)
    const receiver = startProcess({ folder, env: { WEBHOOK_SECRET: undefined } })
    expect(await receiver.exited).toBe(78)
    expect(receiver.output()).toContain('.env cannot be read: it is a directory')
    expect(receiver.output()).not.toMatch(STACK)
  })

  test('a .env that contains the placeholder is not replaced', async () => {
    const folder = makeFolder()
    copyFileSync('.env.example', `${folder}/.env`)
    const receiver = startProcess({ folder, env: { WEBHOOK_SECRET: undefined } })
    expect(await receiver.exited).toBe(78)
    expect(receiver.output()).toContain('placeholder')
    expect(readFileSync(`${folder}/.env`)).toEqual(readFileSync('.env.example'))
  })
})

test('the environment takes precedence over .env, and .env sets the time zone of the records', async () => {
  const folder = makeFolder()
  writeFileSync(`${folder}/.env`, 'WEBHOOK_SECRET=another-secret-in-the-file\nAPP_ENV=from-file\nTZ=Asia/Kathmandu\n')
  const receiver = startProcess({ folder })
  await receiver.started
  expect((await receiver.post('{"event_type":"on_message_received"}')).status).toBe(200)
  const [record] = readRecords(`${folder}/logs`, 'webhook_log.jsonl')
  expect(record.environment).toBe('from-file')
  const offset = Date.parse(`${record.timestamp.replace(' ', 'T')}Z`) - Date.parse(record.received_at)
  expect(Math.round(offset / 60_000)).toBe(345)
})

test.for([
  'WEBHOOK_SECRET=0123456789abcdef#ghijkl',
  'WEBHOOK_SECRET: 0123456789abcdef#ghijkl',
  "WEBHOOK_SECRET='0123456789abcdef#ghijkl",
  'WEBHOOK_SECRET="0123456789abcdef"x#ghijkl',
  ' export A=1\nBOT_PROJECTS={"21":"Project#1"}',
])('a value in .env that would be truncated at a # is reported: %s', async (line) => {
  const folder = makeFolder()
  writeFileSync(`${folder}/.env`, `${line}\n`)
  const receiver = startProcess({ folder, env: { WEBHOOK_SECRET: undefined } })
  expect(await receiver.exited).toBe(78)
  expect(receiver.output()).toContain("Put the value in 'single quotes'")
  expect(receiver.output()).not.toContain('0123456789abcdef')
})

test('a # in quotes, a comment, and a name similar to a setting', async () => {
  const folder = makeFolder()
  const lines = [
    "WEBHOOK_SECRET='0123456789abcdef#ghijkl'",
    'APP_ENV=x # comment',
    '#A=b#c',
    'LOGDIR=elsewhere',
    'OTHER=1',
  ]
  writeFileSync(`${folder}/.env`, lines.join('\n'))
  const receiver = startProcess({ folder, env: { WEBHOOK_SECRET: undefined } })
  await receiver.started
  const headers = { authorization: 'Bearer 0123456789abcdef#ghijkl' }
  expect((await receiver.post('{"event_type":"on_message_received"}', headers)).status).toBe(200)
  expect(receiver.output()).toContain('LOGDIR in .env is not a known setting and was ignored. Did you mean LOG_DIR?')
  expect(receiver.output()).not.toContain('OTHER')
})

test('invalid settings: one message that lists them, and exit code 78', async () => {
  const receiver = startProcess({ env: { PORT: 'abc', LOG_FSYNC: 'maybe' } })
  expect(await receiver.exited).toBe(78)
  expect(receiver.output()).toMatch(/PORT: must be[\s\S]*LOG_FSYNC: must be/)
  expect(receiver.output()).not.toMatch(STACK)
})

test('a port in use is reported', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const receiver = startProcess({ env: { PORT: String(port) } })
  expect(await receiver.exited).toBe(1)
  expect(receiver.output()).toContain(`PORT: ${port} is already in use`)
  expect(receiver.output()).not.toMatch(STACK)
  server.close()
})

test('an address of another machine is reported', async () => {
  const receiver = startProcess({ env: { HOST: '192.0.2.77' } })
  expect(await receiver.exited).toBe(1)
  expect(receiver.output()).toContain('HOST: 192.0.2.77 is not an address of this machine')
})

test.for<[string, (path: string) => void, string]>([
  ['a file', (path) => writeFileSync(path, ''), 'is a file'],
  [
    'a directory with a directory in place of a log file',
    (path) => mkdirSync(`${path}/tickets.jsonl`, { recursive: true }),
    'tickets.jsonl',
  ],
])('LOG_DIR is %s, which is reported', async ([, make, message]) => {
  const folder = makeFolder()
  make(`${folder}/events`)
  const receiver = startProcess({ folder, env: { LOG_DIR: 'events' } })
  expect(await receiver.exited).toBe(1)
  expect(receiver.output()).toContain(message)
  expect(receiver.output()).not.toMatch(STACK)
})

test('a second receiver on the same directory fails to start, but not after a SIGKILL of the first', async () => {
  const folder = makeFolder()
  const first = startProcess({ folder })
  await first.started
  const second = startProcess({ folder })
  expect(await second.exited).toBe(1)
  expect(second.output()).toContain(`another receiver (process ${first.child.pid}) already writes to`)
  expect((await first.post('{"event_type":"on_message_received"}')).status).toBe(200)
  first.child.kill('SIGKILL')
  await first.exited
  const third = startProcess({ folder })
  await third.started
  expect(third.output()).not.toContain(TOKEN)
})

test('a redelivery is recognized after a restart in another time zone', async () => {
  const body = '{"event_type":"on_message_received","timestamp":"2026-03-29T01:30:00Z"}'
  const folder = makeFolder()
  for (const [TZ, replayed] of [
    ['Pacific/Kiritimati', null],
    ['Pacific/Pago_Pago', 'true'],
  ] as const) {
    const receiver = startProcess({ folder, env: { TZ } })
    await receiver.started
    expect((await receiver.post(body)).headers.get('idempotent-replayed')).toBe(replayed)
    receiver.child.kill('SIGTERM')
    await receiver.exited
  }
  expect(readRecords(`${folder}/logs`, 'webhook_log.jsonl')).toHaveLength(1)
})

test('a full stdout blocks nothing', async () => {
  const { port } = await new Promise<{ port: number }>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address() as { port: number }
      server.close(() => resolve(address))
    })
  })
  const receiver = startProcess({ shell: 'exec >/dev/full', env: { PORT: String(port) } })
  const origin = `http://127.0.0.1:${port}`
  await vi.waitFor(async () => expect((await fetch(`${origin}/healthz`)).status).toBe(200), 10_000)
  const headers = { authorization: `Bearer ${TOKEN}` }
  const send = (authorized: boolean) =>
    fetch(`${origin}/webhook`, {
      method: 'POST',
      body: '{"event_type":"on_message_received"}',
      ...(authorized && { headers }),
    })
  for (let index = 0; index < 30; index++) expect((await send(false)).status).toBe(401)
  expect((await send(true)).status).toBe(200)
  receiver.child.kill('SIGTERM')
  expect(await receiver.exited).toBe(0)
})
