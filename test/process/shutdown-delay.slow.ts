import { expect, test } from 'vitest'
import { startProcess } from '../support/process.ts'

const EVENT = '{"event_type":"on_message_received"}'

test('after SIGTERM, the service is not ready but serves requests, until the delay is over', async () => {
  const receiver = startProcess({ env: { SHUTDOWN_DELAY_SECONDS: '2' } })
  await receiver.started
  const get = (path: string) => fetch(receiver.url.replace('/webhook', path))
  expect((await get('/readyz')).status).toBe(200)
  const signalled = performance.now()
  receiver.child.kill('SIGTERM')
  await expect.poll(async () => (await get('/readyz')).status).toBe(503)
  receiver.child.kill('SIGTERM')
  const probe = await get('/readyz')
  expect([await probe.json(), probe.headers.get('retry-after')]).toEqual([{ error: 'Shutting down' }, '5'])
  expect((await get('/healthz')).status).toBe(200)
  const response = await receiver.post(EVENT)
  expect([response.status, response.headers.get('connection')]).toEqual([200, 'close'])
  expect(await receiver.exited).toBe(0)
  expect(performance.now() - signalled).toBeGreaterThan(1900)
  expect(receiver.output()).toContain('draining: serving requests for SHUTDOWN_DELAY_SECONDS')
  expect(receiver.output()).not.toContain('request rejected')
})

test('SIGINT ends the delay', async () => {
  const receiver = startProcess({ env: { SHUTDOWN_DELAY_SECONDS: '600' } })
  await receiver.started
  receiver.child.kill('SIGTERM')
  await expect.poll(() => receiver.output()).toContain('draining')
  receiver.child.kill('SIGINT')
  expect(await receiver.exited).toBe(0)
})
