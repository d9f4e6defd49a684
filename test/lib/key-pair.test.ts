import { describe, expect, test } from 'vitest'
import { checkKeyPair } from '../../src/lib/key-pair.ts'
import { convertKey, createCertificate, hasOpenssl } from '../support/certificates.ts'

const content = (bytes: Buffer | string) => ({ bytes: Buffer.from(bytes) })

describe.skipIf(!hasOpenssl)('a certificate and its key', () => {
  test('belong together', () => {
    const { cert, key } = createCertificate({ days: 90 })
    const pair = checkKeyPair(content(cert), content(key))
    expect(pair).toMatchObject({ certificate: cert, key })
    if ('in' in pair) return expect.unreachable()
    expect((pair.expires.getTime() - Date.now()) / 86_400_000).toBeCloseTo(90, 1)
  })

  test('may have expired', () => {
    const { cert, key } = createCertificate({ days: -1 })
    const pair = checkKeyPair(content(cert), content(key))
    expect('expires' in pair && pair.expires.getTime()).toBeLessThan(Date.now())
  })

  test('what is wrong is said without showing the key', () => {
    const { cert, key, keyFile } = createCertificate()
    const other = createCertificate()
    const { der, encrypted } = convertKey(keyFile)
    const fault = (certificate: Buffer | string, privateKey: Buffer | string) => {
      const found = checkKeyPair(content(certificate), content(privateKey))
      return 'in' in found ? [found.in, found.message] : expect.unreachable()
    }
    expect(fault('', key)).toEqual(['certificate', expect.stringContaining('the file is empty. Put the certificate')])
    expect(fault(cert, ' \n')).toEqual(['key', expect.stringContaining('the file is empty. Put the private key')])
    expect(fault('x', key)).toEqual(['certificate', expect.stringContaining('no valid PEM certificate')])
    expect(fault(cert.subarray(0, 200), key)).toEqual(['certificate', expect.stringContaining('no valid PEM')])
    expect(fault(key, cert)).toEqual(['certificate', expect.stringContaining('no valid PEM certificate')])
    expect(fault(cert, cert)).toEqual(['key', expect.stringContaining('no valid PEM private key')])
    expect(fault(cert, der)).toEqual(['key', expect.stringContaining('no valid PEM private key')])
    expect(fault(cert, encrypted)).toEqual(['key', expect.stringContaining('has a passphrase')])
    expect(fault(cert, other.key)).toEqual(['key', expect.stringContaining('does not belong to the certificate')])
    expect(fault(Buffer.concat([other.cert, cert]), key)[1]).toContain("the server's own one must come first")
    const chain = checkKeyPair(content(Buffer.concat([cert, other.cert])), content(key))
    expect('in' in chain).toBe(false)
  })

  test('a file that cannot be read is reported', () => {
    const { key } = createCertificate()
    expect(checkKeyPair({ unreadable: 'x does not exist.' }, content(key))).toEqual({
      in: 'certificate',
      message: 'x does not exist.',
    })
  })
})
