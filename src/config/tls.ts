import { isFromPipe, readContentSync } from '../lib/file-content.ts'
import { checkCertificate, checkKeyPair, type KeyPair, type KeyPairFault } from '../lib/key-pair.ts'
import { ConfigError } from './config-error.ts'
import { explainContent } from './file-setting.ts'
import { tlsLimits } from './limits.ts'
import type { Environment } from './tokens.ts'

export interface TlsConfig {
  readonly certFile: string
  readonly keyFile: string
  /** What was in the files at startup. */
  readonly pair: KeyPair
  /** Whether a renewed certificate can be found in the files. */
  readonly isRereadable: boolean
}

/** Reads and checks the certificate and its key. @returns undefined if none is configured, or what is wrong */
export function readTls({
  TLS_CERT_FILE: certFile,
  TLS_KEY_FILE: keyFile,
}: Environment): { tls: TlsConfig | undefined } | { error: string } {
  if (certFile === undefined && keyFile === undefined) return { tls: undefined }
  if (certFile === undefined) return { error: 'TLS_CERT_FILE: is not set, but TLS_KEY_FILE is. Set both, or neither.' }
  if (keyFile === undefined) return { error: 'TLS_KEY_FILE: is not set, but TLS_CERT_FILE is. Set both, or neither.' }
  const content = explainContent('TLS_CERT_FILE', certFile) ?? explainContent('TLS_KEY_FILE', keyFile)
  if (content) return { error: content }
  const { maxBytes } = tlsLimits
  const [certificate, key] = [readContentSync(certFile, maxBytes), readContentSync(keyFile, maxBytes)]
  const pair = checkKeyPair(certificate, key)
  if ('in' in pair) return { error: describeFault(pair) }
  return { tls: { certFile, keyFile, pair, isRereadable: !isFromPipe(certificate) && !isFromPipe(key) } }
}

/** Reads the certificate of a server, whose key is not needed. @throws ConfigError */
export function readCertificate(file: string): Buffer {
  const certificate = checkCertificate(readContentSync(file, tlsLimits.maxBytes))
  if ('in' in certificate) throw new ConfigError([describeFault(certificate)])
  return certificate.bytes
}

function describeFault(fault: KeyPairFault): string {
  return `${fault.in === 'key' ? 'TLS_KEY_FILE' : 'TLS_CERT_FILE'}: ${fault.message}`
}

export function tlsWarnings(tls: TlsConfig | undefined, now: Date): string[] {
  if (!tls) return []
  const { expires } = tls.pair
  const left = expires.getTime() - now.getTime()
  if (left >= tlsLimits.warnBeforeExpiry) return []
  const state = `${left < 0 ? 'expired' : 'expires'} at ${expires.toISOString()}${left < 0 ? ': clients reject it' : ''}`
  const advice = tls.isRereadable ? 'Renew it; a new file is applied without a restart.' : 'Renew it, and restart.'
  return [`The certificate in TLS_CERT_FILE ${state}. ${advice}`]
}
