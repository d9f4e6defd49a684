/** `send`, tested with the built program against the real service. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { NoResponseError } from '../../src/cli/send/no-response.ts'
import { post } from '../../src/cli/send/post.ts'
import { eventTypes } from '../../src/events/schemas.ts'
import { handlers } from '../../src/handlers/index.ts'
import { countLines, makeFolder, readRecords } from '../support/folder.ts'
import { run, SEND } from '../support/send.ts'
import { startTestService, TOKEN } from '../support/service.ts'

/** Starts a service, and creates a directory with a .env that matches it. */
async function setUp(settings: Record<string, string> = {}) {
  const service = await startTestService(settings)
  const directory = makeFolder()
  const env = { WEBHOOK_SECRET: TOKEN, HOST: '127.0.0.1', PORT: service.port, LOG_DIR: service.logDir, ...settings }
  writeFileSync(
    join(directory, '.env'),
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  return { service, directory }
}

test.for(eventTypes)('%s: shows the request, the response and the record', async (type) => {
  const { service, directory } = await setUp()
  const { code, stdout } = await run(directory, [type])
  expect(code).toBe(0)
  const path = join(service.logDir, handlers[type].logFile)
  const line = readFileSync(path, 'utf8')
  expect(line).toContain(JSON.stringify(handlers[type].examples[0].payload.visitor_id))
  expect(stdout).toContain(`POST ${service.url}`)
  expect(stdout).toContain(`"event_type": "${type}"`)
  expect(stdout).toMatch(/^200 OK after [\d.]+ ms \(including connection setup\)$/m)
  expect(stdout).toContain('"status": "success"')
  expect(stdout).toContain(`${path}:\n${line}`)
})

test('each request sends a new event, and with --same the same one', async () => {
  const { service, directory } = await setUp()
  const many = await run(directory, ['on_ticket_created', '--repeat', '20'])
  expect(many.stdout).toContain('20 of 20 responses were as expected.')
  expect(countLines(service.logDir)['tickets.jsonl']).toBe(20)

  const same = await run(directory, ['on_ticket_created', '--same', '--repeat', '2'])
  expect(same.stdout).toMatch(/^2\. 200 OK after [\d.]+ ms, replayed$/m)
  expect(countLines(service.logDir)['tickets.jsonl']).toBe(21)
  const [, stored] = (await run(directory, ['on_ticket_created', '--same'])).stdout.split('so it stored nothing.\n')
  const last = readRecords(service.logDir, 'tickets.jsonl').at(-1)
  expect(stored).toContain(last.event_id)
})

test('an event that only its ticket number identifies gets a time, so that each request sends a new one', async () => {
  const { service, directory } = await setUp()
  const [, withoutTime] = handlers.on_ticket_created.examples
  writeFileSync(join(directory, 'event.json'), JSON.stringify(withoutTime?.payload))
  const { code, stdout } = await run(directory, ['--file', 'event.json', '--repeat', '3'])
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('3 of 3 responses') })
  expect(countLines(service.logDir)['tickets.jsonl']).toBe(3)
})

test('a replayed event is unexpected without --same', async () => {
  const { service, directory } = await setUp()
  const args = ['on_ticket_created', '--set', 'timestamp=now', '--repeat', '2']
  const replayed = await run(directory, args)
  expect(replayed).toMatchObject({ code: 1, stderr: expect.stringContaining('already stored this event') })
  expect(replayed.stdout).toContain('1 of 2 responses were as expected.')
  expect(countLines(service.logDir)['tickets.jsonl']).toBe(1)
  expect((await run(directory, [...args, '--same'])).code).toBe(0)
})

test('--set sets fields of the event', async () => {
  const { service, directory } = await setUp()
  const { code } = await run(directory, ['on_ticket_created', '--set', 'ticket_data.name=Jane', '--set', 'bot_id="22"'])
  expect(code).toBe(0)
  const [{ data }] = readRecords(service.logDir, 'tickets.jsonl')
  expect(data).toMatchObject({ created_by: 'Jane', bot_id: '22', created_by_email: 'john@example.com' })
})

test('--file sends a new event or, with --same, the exact bytes; the newest record is shown', async () => {
  const { service, directory } = await setUp()
  const event = { event_type: 'on_message_received', message: 'from a file' }
  writeFileSync(join(directory, 'event.json'), JSON.stringify(event, null, 3))
  await service.post(JSON.stringify({ ...event, message: 'an earlier one' }))
  const { code, stdout } = await run(directory, ['--file', 'event.json'])
  expect(code).toBe(0)
  expect(stdout.split('webhook_log.jsonl:')[1]).toContain('"message":"from a file"')

  writeFileSync(join(directory, 'event.json'), '{"event_type": oops}')
  const rejected = await run(directory, ['--file', 'event.json', '--same', '--expect', '400'])
  expect(rejected.code).toBe(0)
  expect(readRecords(service.logDir, 'rejected_log.jsonl')[0].body).toBe('{"event_type": oops}')
  expect(rejected.stdout).toContain(readRecords(service.logDir, 'rejected_log.jsonl')[0].event_id)
})

test('a log file that has been rotated is searched from its start', async () => {
  const { service, directory } = await setUp()
  await run(directory, ['on_ticket_created', '--repeat', '3'])
  renameSync(join(service.logDir, 'tickets.jsonl'), join(service.logDir, 'tickets.jsonl.1'))
  await service.post('{"event_type":"on_ticket_created","bot_id":1,"visitor_id":1,"ticket_number":1}')
  const { stdout } = await run(directory, ['on_ticket_created', '--set', 'ticket_number=2'])
  expect(stdout).toMatch(/tickets\.jsonl:\n\{.*"ticket_number":2,/)
})

test('an unexpected response exits with 1 and suggests a fix', async () => {
  const { service, directory } = await setUp()
  const wrongToken = await run(directory, ['on_ticket_created', '--token', 'another'])
  expect(wrongToken).toMatchObject({ code: 1, stderr: expect.stringContaining('uses another token') })
  expect(wrongToken.stdout + wrongToken.stderr).not.toContain('another\n')
  expect((await run(directory, ['on_ticket_created', '--token', 'another', '--expect', '401'])).code).toBe(0)
  expect((await run(directory, ['on_ticket_created', '--expect', '401'])).code).toBe(1)

  const missing = await run(directory, ['on_ticket_created', '--set', 'ticket_number=null'])
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('details') })
  const elsewhere = await run(directory, ['on_ticket_created', '--url', `http://127.0.0.1:${service.port}/webhook.php`])
  expect(elsewhere).toMatchObject({ code: 1, stderr: expect.stringContaining('no webhook at /webhook.php') })
})

test("--expect accepts only the service's own errors, not those of a proxy in front of it", async () => {
  const bodies = ['<html>401 Authorization Required</html>', '{"error":"Who are you?"}', '{"error":"Unauthorized"}']
  const server = createServer((_, response) => response.writeHead(401).end(bodies.shift()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`
  const send = () => run(makeFolder(), ['on_ticket_created', '--url', url, '--token', TOKEN, '--expect', '401'])
  for (const _ of ['html', 'another error']) {
    expect(await send()).toMatchObject({ code: 1, stderr: expect.stringContaining('"error": "Unauthorized"') })
  }
  expect((await send()).code).toBe(0)
})

test('a service given by --url needs no local settings', async () => {
  const { url } = await startTestService()
  const { code, stdout } = await run(makeFolder(), ['on_message_received', '--url', url, '--token', TOKEN])
  expect(code).toBe(0)
  expect(stdout).toContain('is in webhook_log.jsonl in the LOG_DIR of the service at 127.0.0.1')
})

test('a service with another log directory is reported, but not as a failure', async () => {
  const { directory } = await setUp()
  const missing = await run(directory, ['on_message_received'], { LOG_DIR: join(directory, 'nowhere') })
  expect(missing).toMatchObject({ code: 0, stdout: expect.stringContaining('Cannot read') })
  writeFileSync(join(directory, 'webhook_log.jsonl'), '')
  const other = await run(directory, ['on_message_received'], { LOG_DIR: directory })
  expect(other).toMatchObject({ code: 0, stdout: expect.stringContaining('another LOG_DIR') })
})

test('a service that is not running: exits with 1 and suggests a fix', async () => {
  const { service, directory } = await setUp()
  await service.close()
  const { code, stderr } = await run(directory, ['on_ticket_created'])
  expect(code).toBe(1)
  expect(stderr).toContain('npm start')
})

test.for([
  [[], 'Specify an event type or --file.'],
  [['ticket_created'], 'Did you mean on_ticket_created?'],
  [['live_chat'], 'Did you mean on_live_chat_requested?'],
  [['on_tiket'], 'Did you mean on_ticket_created?'],
  [['before_respnse'], 'Did you mean before_response_sent?'],
  [['ticket', 'created'], 'too many arguments'],
  [['on_ticket_created', '--tokn', 'x'], 'Did you mean --token?'],
  [['on_ticket_created', '--set', 'name'], '--set requires'],
  [['on_ticket_created', '--url', 'bot.example.com'], 'https://bot.example.com/webhook'],
  [['on_ticket_created', '--url', 'https://a:b@bot.example.com/'], 'a password'],
  [['on_ticket_created', '--repeat', '0'], '--repeat must be'],
  [['on_ticket_created', '--expect', 'ok'], '--expect must be'],
  [['on_ticket_created', '--file', 'x.json'], 'not both'],
  [['--file', 'x.json'], 'does not exist'],
  [['on_ticket_created', '--token', 'töken'], '--token is empty'],
] as const)('%j is wrong usage', async ([args, message]) => {
  const { code, stdout, stderr } = await run(makeFolder(), [...args])
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain(message)
  expect(stderr).not.toMatch(/^ {4}at /m)
})

test.for([
  ['no token anywhere', {}, 'WEBHOOK_SECRET: is not set. Start the service once'],
  ['an invalid setting', { WEBHOOK_SECRET: TOKEN, PORT: 'x' }, 'PORT: must be'],
] as const)('%s is reported as invalid settings', async ([, env, message]) => {
  const { code, stdout, stderr } = await run(makeFolder(), ['on_ticket_created'], env)
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
  expect(stderr).toContain(message)
})

test('a .env with a # that would truncate the token is rejected', async () => {
  const directory = makeFolder()
  writeFileSync(join(directory, '.env'), 'WEBHOOK_SECRET=0123456789abcdef#ghijkl\n')
  const { code, stderr } = await run(directory, ['on_ticket_created'])
  expect(code).toBe(78)
  expect(stderr).toContain("Put the value in 'single quotes'")
  expect(stderr).not.toContain('0123456789abcdef')
})

test('closing stdout early does not keep events from being sent', async () => {
  const { service, directory } = await setUp()
  const child = spawn(process.execPath, [...SEND, 'on_ticket_created', '--repeat', '5'], { cwd: directory, env: {} })
  child.stdout.destroy()
  let stderr = ''
  child.stderr.on('data', (data) => {
    stderr += data
  })
  const [code] = await once(child, 'close')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(countLines(service.logDir)['tickets.jsonl']).toBe(5)
})

test('--list and --help', async () => {
  const directory = makeFolder()
  const list = await run(directory, ['--list'])
  expect(list.code).toBe(0)
  for (const [type, { logFile }] of Object.entries(handlers)) {
    expect(list.stdout).toMatch(new RegExp(`^${type} .* ${logFile}$`, 'm'))
  }
  expect(await run(directory, ['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('--same') })
})

test('a server that hangs times out, before or during its response', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/half') response.writeHead(200).write('{"status":')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  for (const path of ['/none', '/half']) {
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)
    const response = post(url, TOKEN, '{}', 200)
    await expect(response).rejects.toThrow(NoResponseError)
    await expect(response).rejects.toThrow('did not respond within 0.2 s')
  }
})

test('all ports can be reached, including those that browsers block', async () => {
  const blockedByBrowsers = [6000, 6665, 6666, 6667, 6668, 6669, 6697]
  const server = createServer((_, response) => response.end('{"status":"success"}'))
  const port = await listenOnOneOf(server, blockedByBrowsers)
  const response = await post(new URL(`http://127.0.0.1:${port}/webhook`), TOKEN, '{}', 5000)
  expect(response).toMatchObject({ status: 200, statusText: 'OK', body: '{"status":"success"}' })
})

async function listenOnOneOf(server: Server, ports: readonly number[]): Promise<number> {
  for (const port of ports) {
    server.listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    onTestFinished(() => {
      server.close()
    })
    return port
  }
  throw new Error('none of these ports is free')
}

test('a connection that is closed before or during the response is reported', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/half') response.writeHead(200, { 'content-length': 100 }).write('{"status":')
    setTimeout(() => request.socket.destroy(), 20)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  for (const path of ['/none', '/half']) {
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)
    await expect(post(url, TOKEN, '{}', 5000)).rejects.toThrow('closed the connection without a response')
  }
})

test('a redirect is reported, and the token is not sent to its target', async () => {
  let followed = false
  const server = createServer((request, response) => {
    if (request.url === '/webhook') response.writeHead(308, { location: '/there' }).end()
    else followed = true
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`
  const { code, stderr } = await run(makeFolder(), ['on_ticket_created', '--url', url, '--token', TOKEN])
  expect(code).toBe(1)
  expect(stderr).toContain('redirects to /there')
  expect(followed).toBe(false)
})
