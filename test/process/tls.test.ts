import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { createCertificate, hasOpenssl, replaceFiles } from '../support/certificates.ts'
import { RECEIVER, startProcess, TOKEN } from '../support/process.ts'

/** Runs `send` with the settings of a service on this machine. */
async function send(cwd: string, env: Record<string, string>) {
  const options = { cwd, env: { PATH: process.env.PATH, HOST: '127.0.0.1', WEBHOOK_SECRET: TOKEN, ...env } }
  const child = spawn(process.execPath, [RECEIVER, 'send', 'on_ticket_created'], options)
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { status, stdout, stderr }
}

describe.skipIf(!hasOpenssl)('the service with a certificate', () => {
  test('send accepts its certificate and no other, and a key of another certificate is an invalid setting', async () => {
    const files = createCertificate()
    const env = { TLS_CERT_FILE: files.certFile, TLS_KEY_FILE: files.keyFile }
    const receiver = startProcess({ env })
    await receiver.started
    expect(receiver.output()).toContain(`https://127.0.0.1:${receiver.port}/webhook`)
    // `send` needs no key, which this user may be unable to read.
    const settings = { TLS_CERT_FILE: files.certFile, PORT: String(receiver.port) }
    const sent = await send(receiver.folder, settings)
    expect(sent).toMatchObject({ status: 0, stdout: expect.stringContaining(`https://127.0.0.1:${receiver.port}`) })

    const other = createCertificate()
    const refused = await send(receiver.folder, { ...settings, TLS_CERT_FILE: other.certFile })
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain('does not use the certificate in TLS_CERT_FILE')
    const noCertificate = await send(receiver.folder, { ...settings, TLS_CERT_FILE: files.keyFile })
    expect(noCertificate).toMatchObject({
      status: 78,
      stderr: expect.stringContaining('TLS_CERT_FILE: the file has no'),
    })
    const missing = await send(receiver.folder, { TLS_KEY_FILE: files.keyFile })
    expect(missing).toMatchObject({ status: 78, stderr: expect.stringContaining('TLS_CERT_FILE: is not set') })

    receiver.child.kill('SIGTERM')
    expect(await receiver.exited).toBe(0)
    replaceFiles(files, { ...files, key: other.key })
    const failing = startProcess({ env })
    expect(await failing.exited).toBe(78)
    expect(failing.output()).toContain('TLS_KEY_FILE: the key does not belong to the certificate')
  })
})
