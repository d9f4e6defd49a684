/** The private listener follows the same rules for connections and TLS as the webhook. */
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { describe, expect, onTestFinished, test } from 'vitest'
import { adminLimits } from '../../src/config/limits.ts'
import { createCertificate, hasOpenssl } from '../support/certificates.ts'
import { openSocket } from '../support/raw-socket.ts'
import { startTestService } from '../support/service.ts'
import { until } from '../support/wait.ts'

async function start(settings: Record<string, string> = {}) {
  const service = await startTestService({ ADMIN_PORT: '0', ...settings })
  return { service, url: service.adminUrl }
}

test('an idle connection to it does not delay shutdown', async () => {
  const { service, url } = await start()
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  const asking = request(`${url}/healthz`, { agent })
  asking.end()
  const [response] = await once(asking, 'response')
  response.resume()
  await once(response, 'end')
  const closing = performance.now()
  await service.close()
  expect(performance.now() - closing).toBeLessThan(4000)
})

test('a client that does not read cannot delay shutdown, nor webhooks', async () => {
  const { service, url } = await start()
  const socket = await openSocket(Number(new URL(url).port))
  socket.pause()
  socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(500))
  expect((await service.post('{"event_type":"on_message_received"}')).status).toBe(200)
  await service.close()
  expect(service.logLines.at(-1)).toMatchObject({ msg: 'stopped' })
})

test('connections beyond its limit are logged as its own', async () => {
  const { service, url } = await start()
  const port = Number(new URL(url).port)
  await Promise.all(Array.from({ length: adminLimits.maxAdminConnections + 1 }, () => openSocket(port)))
  await until(() =>
    expect(service.logLines.map(({ msg }) => msg)).toContain(
      'private listener: connection rejected: too many connections are open',
    ),
  )
})

describe.skipIf(!hasOpenssl)('with a certificate', () => {
  test('it serves HTTPS, too', async () => {
    const { certFile, keyFile } = createCertificate()
    const { url } = await start({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile })
    expect(url).toMatch(/^https:/)
    const asking = secureRequest(`${url}/healthz`, { rejectUnauthorized: false, agent: false })
    asking.end()
    const [response] = await once(asking, 'response')
    expect(response.statusCode).toBe(200)
    response.resume()
  })
})
