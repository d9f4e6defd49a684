/** The cluster that other tests rely on: commits wait for the standby, which can take over. */
import { expect, onTestFinished, test } from 'vitest'
import { withProgram } from '../support/programs.ts'
import { CLUSTER_DATABASE, findCluster } from './postgresql-cluster.ts'

withProgram('PostgreSQL', findCluster, (startCluster) => {
  test('a killed primary is replaced by its standby, which has every commit', { timeout: 60_000 }, async () => {
    const cluster = await startCluster()
    onTestFinished(() => cluster.remove())
    const { primary, standby } = cluster
    await primary.query('CREATE TABLE t (i int)', CLUSTER_DATABASE)
    await primary.query('INSERT INTO t VALUES (1)', CLUSTER_DATABASE)
    const [state] = await primary.query('SELECT sync_state FROM pg_stat_replication')
    expect(state).toEqual({ sync_state: 'sync' })

    await standby.stop('SIGINT')
    const waiting = primary.query('INSERT INTO t VALUES (2)', CLUSTER_DATABASE)
    const outcome = await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 500, 'waiting'))])
    expect(outcome).toBe('waiting')
    await standby.start()
    await waiting

    await primary.stop('SIGKILL')
    await cluster.promote()
    expect(await standby.query('SELECT i FROM t ORDER BY i', CLUSTER_DATABASE)).toEqual([{ i: 1 }, { i: 2 }])
    await standby.query('INSERT INTO t VALUES (3)', CLUSTER_DATABASE)
  })
})
