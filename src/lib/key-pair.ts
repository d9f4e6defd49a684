import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { reasonOf } from './errors.ts'
import type { FileContent } from './file-content.ts'

/** A server's certificate, with any intermediate ones, and its private key, both in PEM. */
export interface KeyPair {
  readonly certificate: Buffer
  readonly key: Buffer
  readonly expires: Date
}

/** Why a pair cannot be used, as a sentence for the operator. */
export interface KeyPairFault {
  readonly in: 'certificate' | 'key'
  readonly message: string
}

/** Checks that a certificate and a private key can be used together. It may have expired. Never throws. */
export function checkKeyPair(certificate: FileContent, key: FileContent): KeyPair | KeyPairFault {
  const leaf = checkCertificate(certificate)
  if ('in' in leaf) return leaf
  const { bytes, x509 } = leaf
  if ('unreadable' in key) return { in: 'key', message: key.unreadable }
  const privateKey = parseKey(key.bytes)
  if ('in' in privateKey) return privateKey
  if (!x509.checkPrivateKey(privateKey)) {
    const message =
      "the key does not belong to the certificate. In the certificate's file, the server's own one must come first."
    return { in: 'key', message }
  }
  try {
    createSecureContext({ cert: bytes, key: key.bytes })
  } catch (error) {
    return { in: 'certificate', message: `OpenSSL rejects it (${reasonOf(error)}). Get a new certificate.` }
  }
  return { certificate: bytes, key: key.bytes, expires: new Date(x509.validTo) }
}

/** Checks a certificate alone. Never throws. @returns the file, and its first certificate */
export function checkCertificate(
  content: FileContent,
): { readonly bytes: Buffer; readonly x509: X509Certificate } | KeyPairFault {
  if ('unreadable' in content) return { in: 'certificate', message: content.unreadable }
  if (isBlank(content.bytes)) {
    return { in: 'certificate', message: 'the file is empty. Put the certificate and its chain in it, in PEM.' }
  }
  const x509 = parseCertificate(content.bytes)
  if (x509) return { bytes: content.bytes, x509 }
  return { in: 'certificate', message: 'the file has no valid PEM certificate (-----BEGIN CERTIFICATE-----).' }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.toString('latin1').trim() === ''
}

/** Accepts only PEM, although X509Certificate also parses DER. */
function parseCertificate(bytes: Buffer): X509Certificate | undefined {
  if (!bytes.includes('-----BEGIN CERTIFICATE-----')) return undefined
  try {
    return new X509Certificate(bytes)
  } catch {
    return undefined
  }
}

/** The messages of OpenSSL are not repeated, since nothing about a key may be logged. */
function parseKey(bytes: Buffer): KeyObject | KeyPairFault {
  if (isBlank(bytes)) return { in: 'key', message: 'the file is empty. Put the private key in it, in PEM.' }
  if (/^(?:-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED)/m.test(bytes.toString('latin1'))) {
    const message = 'the key has a passphrase. Remove it with: openssl pkey -in KEY -out KEY_WITHOUT_PASSPHRASE'
    return { in: 'key', message }
  }
  try {
    return createPrivateKey(bytes)
  } catch {
    return { in: 'key', message: 'the file has no valid PEM private key (-----BEGIN PRIVATE KEY-----).' }
  }
}
