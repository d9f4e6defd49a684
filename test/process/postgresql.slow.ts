/** The service and its commands with EVENT_STORE_URL, as real processes. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { urlFor } from '../databases/server.ts'
import { createDatabase } from '../event-store/postgres/postgres-test-store.ts'
import { withServer } from '../event-store/postgres/with-server.ts'
import { RECEIVER, startProcess, TOKEN } from '../support/process.ts'

const TICKET = JSON.stringify({ event_type: 'on_ticket_created', bot_id: 21, visitor_id: 'v_1', ticket_number: 'T-1' })

withServer((server) => {
  async function start() {
    const database = await createDatabase(server())
    const url = urlFor('postgres', server().port, { database })
    const env = { EVENT_STORE_URL: url, ADMIN_PORT: '0' }
    const receivers = [startProcess({ env }), startProcess({ env })]
    await Promise.all(receivers.map(({ started }) => started))
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [RECEIVER, ...args], {
        cwd: receivers[0]?.folder,
        env: {
          PATH: process.env.PATH,
          EVENT_STORE_URL: url,
          WEBHOOK_SECRET: TOKEN,
          HOST: '127.0.0.1',
          PORT: String(receivers[0]?.port),
        },
        encoding: 'utf8',
      })
    return { receivers, run, url }
  }

  test('an event sent to two receivers at once is stored once, and the commands show it', async () => {
    const { receivers, run, url } = await start()
    const responses = await Promise.all(receivers.map((receiver) => receiver.post(TICKET)))
    expect(responses.map(({ status }) => status)).toEqual([200, 200])
    expect(responses.map(({ headers }) => headers.get('idempotent-replayed')).sort()).toEqual(['true', null].sort())

    const listed = run('events', 'list', '--json')
    expect([listed.status, listed.stderr]).toEqual([0, ''])
    const [record, ...more] = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(more).toEqual([])
    expect(record).toMatchObject({ event: 'ticket.created', data: { ticket_number: 'T-1', bot_id: 21 } })
    expect(run('events', 'show', record.event_id).stdout).toContain('T-1')

    const sent = run('send', 'on_message_received')
    expect([sent.status, sent.stderr]).toEqual([0, ''])
    expect(sent.stdout).toContain('The record is in the event database.')

    for (const { folder, child, output, exited } of receivers) {
      expect(existsSync(join(folder, 'logs'))).toBe(false)
      child.kill('SIGTERM')
      expect(await exited).toBe(0)
      expect(output()).toContain('"store":"postgresql"')
      expect(output()).not.toContain(new URL(url).password)
    }
  })

  test('a database that does not exist: the reason, without the password, and exit code 1', async () => {
    const url = urlFor('postgres', server().port, { database: 'missing' })
    const receiver = startProcess({ env: { EVENT_STORE_URL: url } })
    expect(await receiver.exited).toBe(1)
    expect(receiver.output()).toContain('cannot use the event database')
    expect(receiver.output()).toContain('database \\"missing\\" does not exist')
    expect(receiver.output()).not.toContain(new URL(url).password)
  })

  test('several servers without a synchronous standby: a warning in the log and in /readyz', async () => {
    const database = await createDatabase(server())
    const url = urlFor('postgres', server().port, { database }).replace(/@([^/]+)/, `@$1,localhost:${server().port}`)
    const receiver = startProcess({ env: { EVENT_STORE_URL: url } })
    await receiver.started
    expect(receiver.output()).toContain('a failover of the event database could lose events')
    const readyz = await fetch(receiver.url.replace('/webhook', '/readyz'))
    expect([readyz.status, await readyz.json()]).toEqual([
      200,
      { status: 'ready', warnings: [expect.stringContaining('set synchronous_standby_names')] },
    ])
  })

  test('a database that has gone: 503 within 10 s, /readyz says why, and both end when it is back', async () => {
    const { receivers } = await start()
    const [receiver] = receivers
    const readyz = () => fetch(receiver?.url.replace('/webhook', '/readyz') ?? '')
    await server().stop()
    const startedAt = performance.now()
    const response = await receiver?.post(TICKET)
    expect([response?.status, response?.headers.get('retry-after')]).toEqual([503, '5'])
    expect(performance.now() - startedAt).toBeLessThan(11_000)
    const probe = await readyz()
    expect([probe.status, await probe.json()]).toEqual([
      503,
      { error: 'Event log unavailable', reason: expect.stringContaining('the event database') },
    ])
    await server().start()
    await expect.poll(async () => (await readyz()).status, { timeout: 10_000 }).toBe(200)
    expect((await receiver?.post(TICKET))?.status).toBe(200)
  }, 60_000)
})
