/** The service log when nobody reads stdout. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolder, readRecords } from '../support/folder.ts'
import { isAlive, MAIN, pidOf, type ReceiverProcess, startProcess } from '../support/process.ts'
import { openSocket, readUntilEnd } from '../support/raw-socket.ts'
import { until } from '../support/wait.ts'

/** More lines than the kernel and the service can buffer together. */
const FLOOD = 12_000
/** A number of lines that the service alone can buffer. */
const FEW = 2000
const UNAUTHORIZED = 'POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'

async function flood({ port }: ReceiverProcess, requests = FLOOD): Promise<void> {
  const socket = await openSocket(port)
  socket.end(`${UNAUTHORIZED.repeat(requests - 1)}${UNAUTHORIZED.replace('Host', 'Connection: close\r\nHost')}`)
  const answers = await readUntilEnd(socket)
  expect(answers.split('HTTP/1.1 401 ').slice(1)).toHaveLength(requests)
}

const TERMINAL = 'exec script --quiet --return --command "$*" /dev/null'
const hasScript = spawnSync('script', ['--version']).status === 0

if (!hasScript) console.warn('SKIPPED: the test with a terminal, which needs script(1) of util-linux')

test.for([
  { kind: 'a socket', shell: 'true' },
  { kind: 'a pipe', shell: 'mkfifo pipe; cat pipe & exec >pipe' },
  ...(hasScript ? [{ kind: 'a terminal', shell: TERMINAL }] : []),
])(
  '$kind that nobody reads blocks nothing, and the log says how many lines were dropped',
  { timeout: 60_000 },
  async ({ shell }) => {
    const receiver = startProcess({ shell, env: { NODE_ENV: 'production' } })
    await receiver.started
    const pid = await pidOf(receiver)
    receiver.child.stdout?.pause()
    await flood(receiver)
    expect((await receiver.post('{"event_type":"on_message_received"}')).status).toBe(200)

    receiver.child.stdout?.resume()
    await until(() => {
      const lines = receiver.output().split(/\r?\n/).slice(0, -1)
      const parsed = lines.map((line) => JSON.parse(line))
      const written = parsed.filter(({ status, event_id }) => status === 401 || event_id !== undefined).length
      const dropped = parsed.findLast((line) => line.dropped)?.dropped
      expect(dropped).toBeGreaterThan(0)
      expect(written + dropped).toBe(FLOOD + 1)
    })

    receiver.child.stdout?.pause()
    await flood(receiver)
    process.kill(pid, 'SIGTERM')
    await until(() => expect(isAlive(pid)).toBe(false))
  },
)

test('a file gets every line, in order', async () => {
  const receiver = startProcess({ shell: 'exec >service.log', env: { PORT: '0' } })
  const log = () => readRecords(receiver.folder, 'service.log')
  const port = await until(() => Number(log()[1].url.match(/:(\d+)\/webhook/)[1]))
  await flood({ ...receiver, port }, FEW)
  await until(() => expect(log().filter(({ status }) => status === 401)).toHaveLength(FEW))
  receiver.child.kill('SIGTERM')
  expect(await receiver.exited).toBe(0)
  expect(log().map(({ time }) => time)).toEqual(
    log()
      .map(({ time }) => time)
      .sort(),
  )
  expect(log().at(-1)).toMatchObject({ msg: 'stopped', finished_requests: 0, aborted_requests: 0 })
})

test('a first start continues when the reader of its output has exited', async () => {
  const folder = makeFolder()
  const env = { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0' }
  const shell = spawn('sh', ['-c', '"$@" | head -n 2', 'sh', process.execPath, MAIN], { cwd: folder, env })
  let firstLine = ''
  shell.stdout.on('data', (text) => {
    firstLine += text
  })
  await until(() => expect(firstLine).toContain('"listening"'))
  const receiver = { folder, port: Number(firstLine.match(/:(\d+)\/webhook/)?.[1]) }
  const pid = await pidOf(receiver as ReceiverProcess)
  onTestFinished(() => void (isAlive(pid) && process.kill(pid, 'SIGKILL')))
  for (let index = 0; index < 20; index++) {
    expect((await fetch(`http://127.0.0.1:${receiver.port}/webhook`, { method: 'POST' })).status).toBe(401)
  }
  expect(isAlive(pid)).toBe(true)
  process.kill(pid, 'SIGTERM')
  await once(shell, 'exit')
})
