/** Two receivers on a PostgreSQL cluster whose servers and receivers are killed: nothing acknowledged is lost or doubled. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import {
  CLUSTER_DATABASE,
  type Cluster,
  type ClusterNode,
  findCluster,
  findPooledCluster,
} from '../databases/postgresql-cluster.ts'
import { startProcess } from '../support/process.ts'
import { withProgram } from '../support/programs.ts'
import { send, startLoad } from './load.ts'

const CLIENTS = 16

async function open(startCluster: () => Promise<Cluster>) {
  const cluster = await startCluster()
  onTestFinished(() => cluster.remove())
  const start = async () => {
    const receiver = startProcess({ env: { EVENT_STORE_URL: cluster.url, NODE_ENV: 'production' } })
    await receiver.started
    return receiver
  }
  const receivers = [await start(), await start()]
  const load = startLoad(() => receivers.map(({ port }) => port), CLIENTS)
  /** Waits until more events are acknowledged. */
  const progress = async (count = 200) => {
    const before = load.acknowledged.size
    await expect.poll(() => load.acknowledged.size, { timeout: 60_000 }).toBeGreaterThan(before + count)
  }
  return { cluster, receivers, start, load, progress }
}

/** Stops the load, compares what is stored with what was acknowledged, and delivers everything again. */
async function verify({ load, receivers }: Awaited<ReturnType<typeof open>>, node: ClusterNode): Promise<void> {
  await load.stop()
  const acknowledged = [...load.acknowledged]
  const stored = async () =>
    (await node.query(`SELECT record::json->>'visitor_id' AS id FROM event`, CLUSTER_DATABASE)).map(({ id }) =>
      String(id),
    )
  const ids = await stored()
  const lost = acknowledged.filter((id) => !ids.includes(id))
  const doubled = ids.length - new Set(ids).size
  console.log(`acknowledged, lost, duplicated: ${acknowledged.length}, ${lost.length}, ${doubled}`)
  console.log(`responses by status: ${JSON.stringify(Object.fromEntries(load.statuses))}`)
  expect({ lost, doubled }).toEqual({ lost: [], doubled: 0 })
  const [port = 0] = receivers.map((receiver) => receiver.port)
  for (const id of acknowledged) expect(await send(port, id)).toEqual({ status: 200, isReplayed: true })
  expect((await stored()).length).toBe(ids.length)
}

/** Restarts the primary under load. */
async function restartPrimary(startCluster: () => Promise<Cluster>): Promise<void> {
  const run = await open(startCluster)
  await run.progress()
  await run.cluster.primary.stop('SIGINT')
  await run.cluster.primary.start()
  await run.progress()
  await verify(run, run.cluster.primary)
}

withProgram('PostgreSQL', findCluster, (startCluster) => {
  const limits = { timeout: 180_000 }

  test('SIGKILL of the primary, and promotion of its standby', limits, async () => {
    const run = await open(startCluster)
    await run.progress()
    await run.cluster.primary.stop('SIGKILL')
    await sleep(1000)
    await run.cluster.promote()
    await run.progress()
    await verify(run, run.cluster.standby)
  })

  test('SIGKILL of a receiver', limits, async () => {
    const run = await open(startCluster)
    await run.progress()
    run.receivers[0]?.child.kill('SIGKILL')
    await run.progress()
    run.receivers[0] = await run.start()
    await run.progress()
    await verify(run, run.cluster.primary)
  })

  test(
    'the standby is away: appends wait, then get 503, and nothing is acknowledged until it returns',
    limits,
    async () => {
      const run = await open(startCluster)
      await run.progress()
      await run.cluster.standby.stop('SIGINT')
      await sleep(500) // what was replicated before
      const before = run.load.acknowledged.size
      await expect.poll(() => run.load.statuses.get(503) ?? 0, { timeout: 30_000 }).toBeGreaterThan(CLIENTS / 2)
      expect(run.load.acknowledged.size).toBe(before)
      const [sessions] = await run.cluster.primary.query(
        `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = '${CLUSTER_DATABASE}'`,
      )
      expect(sessions?.count).toBeLessThan(20)
      await run.cluster.standby.start()
      await run.progress()
      await verify(run, run.cluster.primary)
    },
  )

  test('an append that waits for the standby is cancelled: it is not acknowledged', limits, async () => {
    const run = await open(startCluster)
    await run.progress()
    await run.cluster.standby.stop('SIGINT')
    await sleep(500)
    const before = run.load.acknowledged.size
    for (let round = 0; round < 20; round++) {
      await run.cluster.primary.query(
        `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = '${CLUSTER_DATABASE}'`,
      )
      await sleep(100)
    }
    expect(run.load.acknowledged.size).toBe(before)
    await run.cluster.standby.start()
    await run.progress()
    await verify(run, run.cluster.primary)
  })

  test('a restart of the primary', limits, () => restartPrimary(startCluster))
})

withProgram('PgBouncer', findPooledCluster, (startCluster) => {
  test('PgBouncer in transaction mode, and a restart of the primary behind it', { timeout: 180_000 }, () =>
    restartPrimary(startCluster),
  )
})
