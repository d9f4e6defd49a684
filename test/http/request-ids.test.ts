/** Every response names the request's id, and so does its log line. */
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRequestIds } from '../../src/http/request-ids.ts'
import { createTelemetry } from '../../src/telemetry.ts'
import { buildTestApp } from '../support/app.ts'
import { openSocket, parseAnswers, readUntilEnd } from '../support/raw-socket.ts'

test('ids are unique within a process and across restarts', () => {
  const processes = [createRequestIds(), createRequestIds()]
  const ids = processes.flatMap((next) => Array.from({ length: 100 }, next))
  expect(new Set(ids).size).toBe(200)
})

const END = 'Host: a\r\nConnection: close\r\n\r\n'

test.for([
  ['stored', `POST /webhook HTTP/1.1\r\nAuthorization: Bearer a-token\r\nContent-Length: 36\r\n${END}`, 200],
  ['without a token', `POST /webhook HTTP/1.1\r\n${END}`, 401],
  ['another path', `GET /nowhere HTTP/1.1\r\n${END}`, 404],
  ['a path that cannot be decoded', `GET /% HTTP/1.1\r\n${END}`, 404],
  ['not HTTP', 'nonsense\r\n\r\n', 400],
  ['CONNECT, which Node.js passes on as a bare socket', `CONNECT a:1 HTTP/1.1\r\n${END}`, 405],
] as const)('%s', async ([, head, status]) => {
  const telemetry = createTelemetry()
  const ids: string[] = []
  telemetry.on('eventStored', ({ requestId }) => ids.push(requestId))
  telemetry.on('requestRejected', ({ requestId }) => ids.push(requestId))
  const { fastify } = buildTestApp({ services: { telemetry } })
  await fastify.listen({ port: 0 })
  const socket = await openSocket((fastify.server.address() as AddressInfo).port)
  socket.write(`${head}${status === 200 ? '{"event_type":"on_message_received"}' : ''}`)
  const [answer] = parseAnswers(await readUntilEnd(socket))
  expect(answer?.status).toBe(status)
  expect(answer?.headers['x-request-id']).toMatch(/^[0-9a-f]{16}-1$/)
  expect(ids).toEqual([answer?.headers['x-request-id']])
})

test('a 404 is logged with its path: on one inert line, without the query, and truncated', async () => {
  const telemetry = createTelemetry()
  let logged: string | undefined
  telemetry.on('requestRejected', ({ path }) => {
    logged = path
  })
  const { fastify } = buildTestApp({ services: { telemetry } })
  const pathOf = async (url: string) => {
    await fastify.inject({ url })
    return logged
  }
  expect(await pathOf('/Webhook')).toBe('/Webhook')
  expect(await pathOf('/nowhere?token=secret')).toBe('/nowhere')
  expect(await pathOf(`/${'a'.repeat(300)}`)).toBe(`/${'a'.repeat(198)}…`)
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 100 }), async (text) => {
      logged = undefined
      await fastify.inject({ url: `/x/${text.replace(/\?/g, '')}` }).catch(() => {})
      expect(logged ?? '').toMatch(/^[^\p{C}\p{Zl}\p{Zp}<>&]*$/u)
    }),
  )
})

test.for([
  ['http://user:password@a/nowhere', '/nowhere'],
  ['http://a:80/nowhere?token=secret', '/nowhere'],
  ['HTTPS://user:pass/word@a/nowhere', '/nowhere'],
  ['http://user:pass?word@a/nowhere', '/'],
  ['http://user:password@a', '/'],
  ['//user/nowhere', '//user/nowhere'],
  ['/nowhere/http://a', '/nowhere/http://a'],
])('the path of %s is logged as %s', async ([target, path]) => {
  const telemetry = createTelemetry()
  const logged: unknown[] = []
  telemetry.on('requestRejected', (rejection) => logged.push(rejection.path))
  const { fastify } = buildTestApp({ services: { telemetry } })
  await fastify.listen({ port: 0 })
  const socket = await openSocket((fastify.server.address() as AddressInfo).port)
  socket.write(`POST ${target} HTTP/1.1\r\n${END}`)
  const status = parseAnswers(await readUntilEnd(socket))[0]?.status
  expect({ status, logged }).toEqual({ status: 404, logged: [path] })
})
