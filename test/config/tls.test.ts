import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { createCertificate, hasOpenssl } from '../support/certificates.ts'

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

  test('with the key of another is rejected', () => {
    const { certFile, keyFile } = createCertificate()
    writeFileSync(keyFile, createCertificate().key)
    const attempt = () => read({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile })
    expect(attempt).toThrow('TLS_KEY_FILE: the key does not belong to the certificate')
  })
})
