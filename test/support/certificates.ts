import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from './folder.ts'
import { findProgram, skipOrFail } from './programs.ts'

/** Without it, no certificate can be made, and tests that need one are skipped, or fail if REQUIRE_SERVERS is 1. */
export const hasOpenssl = findProgram('openssl') !== undefined
if (!hasOpenssl) skipOrFail('openssl')

export interface TestCertificate {
  readonly certFile: string
  readonly keyFile: string
  readonly cert: Buffer
  readonly key: Buffer
}

/** Creates a self-signed certificate. @param days until it expires; negative if it has expired */
export function createCertificate({ name = 'bot.example.com', days = 90 } = {}): TestCertificate {
  const folder = makeFolder()
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem']
  openssl('req', '-new', ...newKey, '-out', 'request.pem', '-subj', `/CN=${name}`)
  writeFileSync(join(folder, 'extensions'), `subjectAltName=DNS:${name}\n`)
  const sign = ['-req', '-in', 'request.pem', '-signkey', 'key.pem', '-extfile', 'extensions']
  openssl('x509', ...sign, '-days', String(days), '-out', 'cert.pem')
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  return { certFile, keyFile, cert: readFileSync(certFile), key: readFileSync(keyFile) }
}

/** Replaces the files of one certificate by those of another. */
export function replaceFiles({ certFile, keyFile }: TestCertificate, { cert, key }: TestCertificate): void {
  writeFileSync(certFile, cert)
  writeFileSync(keyFile, key)
}

/** @returns the key in DER, and the same with a passphrase */
export function convertKey(keyFile: string): { der: Buffer; encrypted: Buffer } {
  const pkey = (...args: string[]) => execFileSync('openssl', ['pkey', '-in', keyFile, ...args], { stdio: 'pipe' })
  return { der: pkey('-outform', 'DER'), encrypted: pkey('-aes256', '-passout', 'pass:secret') }
}
