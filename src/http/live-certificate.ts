import type { Server as HttpsServer, ServerOptions } from 'node:https'
import { type FileContent, isSameContent, readContent } from '../lib/file-content.ts'
import { checkKeyPair, type KeyPair } from '../lib/key-pair.ts'
import { type FileWatch, pollFiles } from '../lib/poll-files.ts'
import type { Telemetry } from '../telemetry.ts'
import { reportHandshakeErrors } from './handshake-errors.ts'

export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
  readonly pair: KeyPair
  /** False if one came from a pipe. Then the pair stays. */
  readonly isRereadable: boolean
}

/** Times are in milliseconds. */
export interface TlsLimits {
  readonly handshakeTimeout: number
  readonly readInterval: number
  /** An unusable pair is reported after this many reads that agree. */
  readonly readsBeforeReport: number
  readonly warnBeforeExpiry: number
  /** Bytes per file. */
  readonly maxBytes: number
}

/** The certificate of the HTTPS servers. Renewed files take effect without a restart, and for new connections only. */
export class LiveCertificate implements FileWatch {
  readonly #files: CertificateFiles
  readonly #limits: TlsLimits
  readonly #telemetry: Telemetry
  readonly #polling: FileWatch
  readonly #servers = new Set<HttpsServer>()
  #pair: KeyPair
  #last: readonly [FileContent, FileContent]
  /** Consecutive reads that agree. */
  #agreeing = 1
  #hasWarned: boolean
  /** Whether the files have been reported as unusable. */
  #isRejected = false

  constructor(files: CertificateFiles, limits: TlsLimits, telemetry: Telemetry) {
    this.#files = files
    this.#limits = limits
    this.#telemetry = telemetry
    this.#pair = files.pair
    this.#last = contentOf(files.pair)
    // The settings have been checked for it.
    this.#hasWarned = this.#isExpiring()
    this.#polling = pollFiles(limits.readInterval, {
      read: () => this.#read(),
      polled: (read) => {
        this.#notice(read)
        this.#warnOnce()
      },
      reloaded: (read) => this.#reloaded(read),
    })
  }

  get expires(): Date {
    return this.#pair.expires
  }

  /** @returns the options to create a server with, which must then be passed to `attach` */
  get serverOptions(): ServerOptions {
    return { ...contextOptions(this.#pair), handshakeTimeout: this.#limits.handshakeTimeout }
  }

  /** Keeps a server's certificate up to date, and reports its failed handshakes instead of responding to them. */
  attach(server: HttpsServer): void {
    this.#servers.add(server)
    server.once('close', () => this.#servers.delete(server))
    reportHandshakeErrors(server, this.#telemetry)
  }

  watch(): () => void {
    return this.#polling.watch()
  }

  reload(): Promise<void> {
    return this.#polling.reload()
  }

  #reloaded(read: readonly [FileContent, FileContent]): void {
    this.#last = read
    this.#agreeing = this.#limits.readsBeforeReport
    if (isSame(read, contentOf(this.#pair))) this.#reportRestored()
    else if (!this.#apply(read)) this.#report(read)
  }

  async #read(): Promise<[FileContent, FileContent]> {
    const { certFile, keyFile, isRereadable } = this.#files
    if (!isRereadable) return contentOf(this.#pair)
    return Promise.all([readContent(certFile, this.#limits.maxBytes), readContent(keyFile, this.#limits.maxBytes)])
  }

  /** Two reads must agree before a pair is applied. One that does not match may just be incomplete, so it gets longer. */
  #notice(read: readonly [FileContent, FileContent]): void {
    this.#agreeing = isSame(read, this.#last) ? this.#agreeing + 1 : 1
    this.#last = read
    if (isSame(read, contentOf(this.#pair))) this.#reportRestored()
    else if (this.#agreeing === 2) this.#apply(read)
    else if (this.#agreeing === this.#limits.readsBeforeReport) this.#report(read)
  }

  /** @returns whether the pair is usable */
  #apply([certificate, key]: readonly [FileContent, FileContent]): boolean {
    const pair = checkKeyPair(certificate, key)
    if ('in' in pair) return false
    this.#pair = pair
    this.#hasWarned = false
    this.#isRejected = false
    // It replaces all options: those that are not repeated would get their defaults.
    for (const server of this.#servers) server.setSecureContext(contextOptions(pair))
    this.#telemetry.emit('certificateRenewed', { file: this.#files.certFile, expires: pair.expires })
    this.#warnOnce()
    return true
  }

  #report([certificate, key]: readonly [FileContent, FileContent]): void {
    const fault = checkKeyPair(certificate, key)
    if (!('in' in fault)) return
    this.#isRejected = true
    const { certFile, keyFile } = this.#files
    const file = fault.in === 'key' ? keyFile : certFile
    this.#telemetry.emit('certificateRejected', { file, reason: fault.message, expires: this.expires })
  }

  #reportRestored(): void {
    if (!this.#isRejected) return
    this.#isRejected = false
    this.#telemetry.emit('certificateRestored', { file: this.#files.certFile, expires: this.expires })
  }

  #isExpiring(): boolean {
    return this.expires.getTime() - Date.now() < this.#limits.warnBeforeExpiry
  }

  #warnOnce(): void {
    if (this.#hasWarned || !this.#isExpiring()) return
    this.#hasWarned = true
    this.#telemetry.emit('certificateExpiring', { file: this.#files.certFile, expires: this.expires })
  }
}

function contextOptions({ certificate, key }: KeyPair) {
  return { cert: certificate, key, minVersion: 'TLSv1.2' } as const
}

function contentOf({ certificate, key }: KeyPair): [FileContent, FileContent] {
  return [{ bytes: certificate }, { bytes: key }]
}

function isSame(left: readonly [FileContent, FileContent], right: readonly [FileContent, FileContent]): boolean {
  return isSameContent(left[0], right[0]) && isSameContent(left[1], right[1])
}
