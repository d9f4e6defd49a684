import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { createCertificate, hasOpenssl } from '../support/certificates.ts'
import { makeFolder } from '../support/folder.ts'

const read = (settings: Record<string, string>) => readConfig({ WEBHOOK_SECRET: 'a-long-enough-secret', ...settings })

test.for([
  [{ TLS_CERT_FILE: 'cert.pem' }, 'TLS_KEY_FILE: is not set, but TLS_CERT_FILE is'],
  [{ TLS_KEY_FILE: 'key.pem' }, 'TLS_CERT_FILE: is not set, but TLS_KEY_FILE is'],
  [
    { TLS_CERT_FILE: '/nowhere/cert.pem', TLS_KEY_FILE: '/nowhere/key.pem' },
    'TLS_CERT_FILE: The file /nowhere/cert.pem',
  ],
] as [Record<string, string>, string][])('%j is rejected', ([settings, message]) => {
  expect(() => read(settings)).toThrow(message)
})

describe.skipIf(!hasOpenssl)('a certificate', () => {
  test('is read, and warned about if it expires soon', () => {
    const warningsFor = (days: number) => {
      const { certFile, keyFile, cert } = createCertificate({ days })
      const { tls, warnings } = read({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile })
      expect(tls).toMatchObject({ certFile, keyFile, pair: { certificate: cert } })
      return () => read({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile }).warnings.concat(warnings)
    }
    expect(warningsFor(15)()).toEqual([])
    expect(warningsFor(13)()[0]).toContain('expires at ')
    const expired = warningsFor(-1)
    expect(expired()[0]).toMatch(/expired at .*: clients reject it/)
  })

  test('may come from a pipe, which is not read again', () => {
    const { certFile, keyFile } = createCertificate({ days: 13 })
    const pipe = join(makeFolder(), 'pipe')
    execFileSync('mkfifo', [pipe])
    for (const [name, file] of [
      ['TLS_KEY_FILE', keyFile],
      ['TLS_CERT_FILE', certFile],
    ] as const) {
      spawn('sh', ['-c', 'cat "$0" > "$1"', file, pipe])
      const { tls, warnings } = read({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, [name]: pipe })
      expect(tls?.isRereadable).toBe(false)
      expect(warnings[0]).toMatch(/Renew it, and restart\.$/)
    }
    const { tls, warnings } = read({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile })
    expect(tls?.isRereadable).toBe(true)
    expect(warnings[0]).toMatch(/applied without a restart\.$/)
  })

  test('with the key of another is rejected', () => {
    const { certFile, keyFile } = createCertificate()
    writeFileSync(keyFile, createCertificate().key)
    const attempt = () => read({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile })
    expect(attempt).toThrow('TLS_KEY_FILE: the key does not belong to the certificate')
  })
})
