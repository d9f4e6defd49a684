import { readdirSync, renameSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { expect, test } from 'vitest'
import { makeFolder, readRecords } from '../support/folder.ts'
import { type ReceiverProcess, startProcess, TOKEN } from '../support/process.ts'

const CONNECTIONS = 48

const bodyOf = (number: number) =>
  JSON.stringify({ event_type: 'on_message_received', message: 'x'.repeat(number % 700), timestamp: number })

/** @returns the status, or undefined if there was no response */
function deliver(agent: Agent, port: number, number: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${TOKEN}` }
    const sending = request(
      { agent, port, host: '127.0.0.1', path: '/webhook', method: 'POST', headers },
      (response) => {
        response.resume()
        response.on('close', () => resolve(response.complete ? response.statusCode : undefined))
      },
    )
    sending.on('error', () => resolve(undefined))
    sending.end(bodyOf(number))
  })
}

/** Delivers numbers over many connections until there are no more numbers, or no more responses. */
async function deliverAll(
  port: number,
  next: () => number | undefined,
  onResponse: (number: number, status: number) => void,
) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const worker = async () => {
    for (let number = next(); number !== undefined; number = next()) {
      const status = await deliver(agent, port, number)
      if (status === undefined) return
      onResponse(number, status)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
  agent.destroy()
}

const filesIn = (folder: string) =>
  readdirSync(`${folder}/logs`).filter((name) => name.startsWith('webhook_log.jsonl') && !name.includes('torn'))

const counts = (folder: string) => {
  const counted = new Map<number, number>()
  for (const { event_timestamp: number } of filesIn(folder).flatMap((file) => readRecords(`${folder}/logs`, file))) {
    counted.set(number, (counted.get(number) ?? 0) + 1)
  }
  return counted
}

test.for([
  { when: 'under load', rounds: 5, env: {}, minFiles: 1 },
  { when: 'while files are rotated', rounds: 3, env: { LOG_ROTATE_BYTES: '65536' }, minFiles: 10 },
])(
  'killed repeatedly $when: every acknowledged event is stored once, and no line is torn',
  { timeout: 60_000 },
  async ({ rounds, env, minFiles }) => {
    const folder = makeFolder()
    const acknowledged = new Set<number>()
    let sent = 0
    for (let round = 0; round < rounds; round++) {
      const receiver: ReceiverProcess = startProcess({ folder, env })
      await receiver.started
      const target = acknowledged.size + 300 + round * 137
      await deliverAll(
        receiver.port,
        () => sent++,
        (number, status) => {
          expect(status).toBe(200)
          acknowledged.add(number)
          if (acknowledged.size === target) receiver.child.kill('SIGKILL')
        },
      )
      await receiver.exited
    }

    const last = startProcess({ folder, env })
    await last.started
    const afterCrashes = counts(folder)
    for (const number of acknowledged) expect(afterCrashes.get(number)).toBe(1)

    let again = 0
    await deliverAll(
      last.port,
      () => (again < sent ? again++ : undefined),
      (_number, status) => expect(status).toBe(200),
    )
    const afterRedelivery = counts(folder)
    expect(afterRedelivery.size).toBe(sent)
    expect([...afterRedelivery.values()].every((times) => times === 1)).toBe(true)
    expect(filesIn(folder).length).toBeGreaterThanOrEqual(minFiles)
  },
)

test('a failed fdatasync: no 200, no line, and the process exits with an error', async () => {
  const preload = new URL('../support/failing-disk.mjs', import.meta.url).pathname
  const receiver = startProcess({ nodeArguments: ['--import', preload] })
  await receiver.started
  const response = await receiver.post(bodyOf(1))
  expect([response.status, await response.json()]).toEqual([503, { error: 'Event log unavailable' }])
  expect(await receiver.exited).toBe(1)
  expect(readRecords(`${receiver.folder}/logs`, 'webhook_log.jsonl')).toEqual([])
  const next = startProcess({ folder: receiver.folder })
  await next.started
  expect((await next.post(bodyOf(1))).headers.get('idempotent-replayed')).toBeNull()
})

test('a file at its size limit: 503 until there is space, without a restart or a torn line', async () => {
  const receiver = startProcess({ shell: 'ulimit -f 16' })
  await receiver.started
  const logs = `${receiver.folder}/logs`
  const statuses: number[] = []
  for (let number = 0; statuses.at(-1) !== 503 && number < 200; number++) {
    statuses.push((await receiver.post(bodyOf(number))).status)
  }
  expect(statuses.at(-1)).toBe(503)
  expect(readRecords(logs, 'webhook_log.jsonl')).toHaveLength(statuses.length - 1)
  const ready = () => fetch(receiver.url.replace('/webhook', '/readyz'))
  expect((await ready()).status).toBe(503)
  expect((await fetch(receiver.url.replace('/webhook', '/healthz'))).status).toBe(200)

  renameSync(`${logs}/webhook_log.jsonl`, `${logs}/webhook_log.jsonl.1`)
  expect((await ready()).status).toBe(200)
  expect((await receiver.post(bodyOf(9999))).status).toBe(200)
  expect(readRecords(logs, 'webhook_log.jsonl')).toHaveLength(1)
  expect(readdirSync(logs).filter((name) => name.includes('torn'))).toEqual([])
})
