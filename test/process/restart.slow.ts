/** Restarts under load, with and without a socket that outlives the process. */
import { expect, test } from 'vitest'
import { freePort } from '../databases/server.ts'
import { makeFolder, readRecords } from '../support/folder.ts'
import { openPassiveSocket, passSocket } from '../support/inherited-socket.ts'
import { type ProcessOptions, startProcess } from '../support/process.ts'
import { startLoad } from '../support/restart-load.ts'

async function restart(rounds: number, port: number, options: ProcessOptions, gapMs = 0) {
  const folder = makeFolder()
  const start = async () => {
    const receiver = startProcess({ ...options, folder })
    await receiver.started
    return receiver
  }
  let receiver = await start()
  const load = startLoad(port, { fresh: 8, keepAlive: 4 })
  for (let round = 0; round < rounds; round++) {
    await new Promise((resolve) => setTimeout(resolve, 150 + 37 * (round % 5)))
    receiver.child.kill('SIGTERM')
    expect(await receiver.exited).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, gapMs))
    receiver = await start()
  }
  await load.stop()
  const stored = readRecords(`${folder}/logs`, 'webhook_log.jsonl').map(({ event_timestamp }) => event_timestamp)
  return { ...load, stored }
}

test.for([
  { rounds: 20, gapMs: 0 },
  { rounds: 2, gapMs: 3000 },
])(
  '$rounds restarts with a gap of $gapMs ms and a socket from systemd: no request fails, and each event is stored once',
  { timeout: 180_000 },
  async ({ rounds, gapMs }) => {
    const { port, descriptor } = openPassiveSocket()
    const { acknowledged, failures, stored } = await restart(rounds, port, passSocket(descriptor), gapMs)
    expect(failures).toEqual([])
    expect(acknowledged.size).toBeGreaterThan(rounds * 50)
    expect(stored.sort((a, b) => a - b)).toEqual([...acknowledged].sort((a, b) => a - b))
  },
)

test('without one, requests fail while the process changes, but none is lost after a 200', async () => {
  const port = await freePort()
  const { acknowledged, failures, stored } = await restart(2, port, { env: { PORT: String(port) } })
  expect(failures).toContain('ECONNREFUSED')
  expect(new Set(stored)).toEqual(acknowledged)
})
