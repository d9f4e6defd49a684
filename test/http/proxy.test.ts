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
  ['no proxy is trusted by default', 'false', '203.0.113.9', '127.0.0.1'],
  ['a proxy that is not listed is not trusted', '10.0.0.0/8', '203.0.113.9', '127.0.0.1'],
  ['the address forwarded by a trusted proxy', '127.0.0.1', '203.0.113.9', '203.0.113.9'],
  [
    'the last address in a list that is not a proxy',
    '127.0.0.1,10.0.0.0/8',
    '6.6.6.6, 203.0.113.9, 10.1.2.3',
    '203.0.113.9',
  ],
  ['an IPv6 address', '127.0.0.0/8', '2001:db8::1', '2001:db8::1'],
  ['an invalid address is ignored', '127.0.0.1', '<script>', '127.0.0.1'],
  ['no header', '127.0.0.1', undefined, '127.0.0.1'],
  ['an IPv4-mapped IPv6 address becomes IPv4', '127.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
])('%s', async ([, trustProxy, forwarded, expected]) => {
  expect(await clientIp(trustProxy, forwarded)).toBe(expected)
})
