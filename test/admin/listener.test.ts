/** The private listener follows the same rules for connections and TLS as the webhook. */
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createCertificate, hasOpenssl } from '../support/certificates.ts'
import { startTestService } from '../support/service.ts'

async function start(settings: Record<string, string> = {}) {
  const service = await startTestService({ ADMIN_PORT: '0', ...settings })
  const url: string = service.logLines.find(({ msg }) => msg === 'private listener: listening')?.url
  return { service, url }
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
