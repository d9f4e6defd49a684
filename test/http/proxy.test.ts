import { expect, test } from 'vitest'
import { readRecords } from '../support/folder.ts'
import { startTestService, TOKEN } from '../support/service.ts'

async function clientIp(trustProxy: string, forwarded: string | undefined): Promise<string> {
  const service = await startTestService({ TRUST_PROXY: trustProxy })
  const headers = { authorization: `Bearer ${TOKEN}`, ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }) }
  expect((await service.post('{"event_type":"on_message_received"}', headers)).status).toBe(200)
  return readRecords(service.logDir, 'webhook_log.jsonl')[0].client_ip
}

test.for<[string, string, string | undefined, string]>([
  ['nobody is trusted unless named', 'false', '203.0.113.9', '127.0.0.1'],
  ['a proxy that is not named does not count', '10.0.0.0/8', '203.0.113.9', '127.0.0.1'],
  ['the address that a named proxy tells', '127.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['of a list, the last one that is no proxy', '127.0.0.1,10.0.0.0/8', '6.6.6.6, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
  ['an IPv6 address', '127.0.0.0/8', '2001:db8::1', '2001:db8::1'],
  ['what is no address does not count', '127.0.0.1', '<script>', '127.0.0.1'],
  ['nothing told', '127.0.0.1', undefined, '127.0.0.1'],
  ['an IPv4 address in IPv6 clothes is told as IPv4', '127.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
])('%s', async ([, trustProxy, forwarded, expected]) => {
  expect(await clientIp(trustProxy, forwarded)).toBe(expected)
})
