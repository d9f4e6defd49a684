import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolder, readRecords } from '../support/folder.ts'
import { isAlive, pidOf, startProcess, TOKEN } from '../support/process.ts'
import { openSocket, parseAnswers, readUntilEnd } from '../support/raw-socket.ts'

const EVENT = '{"event_type":"on_message_received","message":"in flight"}'
const head = (length: number) =>
  `POST /webhook HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: ${length}\r\n\r\n`

const isRefused = async (port: number) => {
  try {
    await openSocket(port)
    return false
  } catch {
    return true
  }
}

test.for(['SIGTERM', 'SIGINT'] as const)(
  '%s: in-flight requests are answered and stored, and other connections are closed',
  async (signal) => {
    const receiver = startProcess()
    await receiver.started
    const silent = await openSocket(receiver.port)
    const halfOpen = await openSocket(receiver.port)
    halfOpen.write('POST /webhook HTTP/1.1\r\nHost:')
    const idle = await openSocket(receiver.port)
    idle.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(idle, 'data')
    const busy = await openSocket(receiver.port)
    busy.write(head(EVENT.length) + EVENT.slice(0, 10))
    // A later response shows that the bytes written before have arrived.
    expect((await receiver.post(EVENT)).status).toBe(200)

    const answer = readUntilEnd(busy)
    receiver.child.kill(signal)
    receiver.child.kill(signal)
    await Promise.all([silent, halfOpen, idle].map((socket) => readUntilEnd(socket)))
    expect(await isRefused(receiver.port)).toBe(true)
    busy.write(EVENT.slice(10))

    const [reply] = parseAnswers(await answer)
    expect(reply).toMatchObject({ status: 200, body: '{"status":"success"}', headers: { connection: 'close' } })
    expect(await receiver.exited).toBe(0)
    expect(readRecords(`${receiver.folder}/logs`, 'webhook_log.jsonl')).toHaveLength(2)
  },
)

test.for(['SIGTERM', 'SIGINT'] as const)(
  '%s to npm ends the service that it runs, and waits for it',
  async (signal) => {
    const folder = makeFolder()
    const env = { LOG_DIR: `${folder}/logs`, NODE_ENV: 'production', npm_config_update_notifier: 'false' }
    const root = new URL('../..', import.meta.url).pathname
    const npm = startProcess({ env, shell: `exec npm start --prefix '${root}'` })
    await npm.started
    const pid = await pidOf({ folder })
    onTestFinished(() => void (isAlive(pid) && process.kill(pid, 'SIGKILL')))
    npm.child.kill(signal)
    expect(await npm.exited).toBe(0)
    expect(npm.output()).toContain('"msg":"stopped"')
    expect(isAlive(pid)).toBe(false)
  },
)

test('a request whose body never arrives does not delay shutdown', async () => {
  const receiver = startProcess()
  await receiver.started
  const busy = await openSocket(receiver.port)
  busy.write(`${head(100)}{`)
  expect((await receiver.post(EVENT)).status).toBe(200)
  const startedAt = performance.now()
  receiver.child.kill('SIGTERM')
  expect(await receiver.exited).toBe(0)
  expect(performance.now() - startedAt).toBeLessThan(8000)
})

test('a hanging disk: waiting requests get a 503, and the process still exits', async () => {
  const preload = new URL('../support/hanging-disk.mjs', import.meta.url).pathname
  const receiver = startProcess({ nodeArguments: ['--import', preload] })
  await receiver.started
  const answer = receiver.post(EVENT)
  await new Promise((resolve) => setTimeout(resolve, 200))
  const startedAt = performance.now()
  receiver.child.kill('SIGTERM')
  const response = await answer
  expect([response.status, await response.json()]).toEqual([503, { error: 'Event log unavailable' }])
  expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
  expect(await receiver.exited).not.toBe(0)
  expect(performance.now() - startedAt).toBeLessThan(8000)
})
