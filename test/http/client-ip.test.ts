import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { clientIp } from '../../src/http/client-ip.ts'

const ipOf = (ip: string, remoteAddress?: string) =>
  clientIp({ ip, raw: { socket: { remoteAddress } } } as unknown as FastifyRequest)

test.for<[string, string | undefined, string]>([
  ['192.0.2.1', '10.0.0.1', '192.0.2.1'],
  ['2001:db8::1', '10.0.0.1', '2001:db8::1'],
  ['::ffff:192.0.2.1', '10.0.0.1', '192.0.2.1'],
  ['::ffff:c000:201', '10.0.0.1', '::ffff:c000:201'],
  ['2001:db8::ffff:1.2.3.4', '10.0.0.1', '2001:db8::ffff:1.2.3.4'],
  ['<script>', '10.0.0.1', '10.0.0.1'],
  ['unknown', '::ffff:10.0.0.1', '10.0.0.1'],
  ['no address', undefined, 'unknown'],
])('X-Forwarded-For %s on a connection from %s: the client is %s', ([ip, remoteAddress, expected]) => {
  expect(ipOf(ip, remoteAddress)).toBe(expected)
})
