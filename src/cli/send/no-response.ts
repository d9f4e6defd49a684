import { ExplainedError, errorCode, explainSystemError, reasonOf } from '../../lib/errors.ts'
import { withScheme } from './with-scheme.ts'

/** There was no complete response. */
export class NoResponseError extends ExplainedError {
  override readonly name = 'NoResponseError'
}

/** @param timeout milliseconds */
export function explainTimeout(url: URL, timeout: number): string {
  return `${url.host} did not respond within ${timeout / 1000} s. Check its log, and restart it if it hangs.`
}

/** Explains an error of Node's HTTP client to the operator. @param isPinned whether only TLS_CERT_FILE was accepted */
export function explainNoResponse(error: unknown, url: URL, isPinned: boolean): string {
  const unknownName = `Cannot resolve ${url.hostname}. Check its spelling, and that this machine is online.`
  const closed = `${url.host} closed the connection without a response. ${whatListens(url)}`
  const unreachable = `Cannot reach ${url.host}. Check the address, and whether a firewall blocks it.`
  const sentences = {
    ECONNREFUSED: `Nothing is listening at ${url.host}. Is the service running? Start it with: npm start`,
    ENOTFOUND: unknownName,
    EAI_AGAIN: unknownName,
    ECONNRESET: closed,
    EPIPE: closed,
    ETIMEDOUT: unreachable,
    EHOSTUNREACH: unreachable,
    ENETUNREACH: unreachable,
  }
  return explainSystemError(error, sentences, (reason) => {
    const code = errorCode(error) ?? ''
    if (code.startsWith('HPE_')) return `The response of ${url.host} is not HTTP. ${whatListens(url)}`
    if (isPinned && isCertificateError(code) && code !== 'CERT_HAS_EXPIRED') {
      return `${url.host} does not use the certificate in TLS_CERT_FILE (${code}). Is it this service? Check its log.`
    }
    if (isCertificateError(code)) {
      return `The certificate of ${url.host} is not trusted (${code}), so DigiReply would not connect either. Fix it first.`
    }
    if (isTlsError(code)) return explainTlsError(error, url)
    return `No response from ${url.host}: ${reason}`
  })
}

function whatListens(url: URL): string {
  const check = 'Check that the receiver, or its proxy, listens there'
  if (url.protocol === 'https:') return `${check}.`
  const advice = `If that port expects TLS, use ${withScheme(url, 'https:')} instead`
  // No certificate is trusted for these names, but the service's own one can be pinned.
  const isLoopback = /^(?:127\.[\d.]+|\[::1\]|localhost)$/.test(url.hostname)
  return `${check}. ${advice}${isLoopback ? ', or omit --url and set TLS_CERT_FILE as the service does' : ''}.`
}

function explainTlsError(error: unknown, url: URL): string {
  const reason = opensslReason(error)
  // OpenSSL takes the first bytes of a plain response for a version number.
  if (reason === 'wrong version number') {
    return (
      `${url.host} does not use TLS. Use ${withScheme(url, 'http:')} instead. ` +
      'For DigiReply, it needs a proxy with a certificate or TLS_CERT_FILE; see docs/deploy.md.'
    )
  }
  return `No TLS connection to ${url.host}: ${reason}. Check the TLS settings of the server there.`
}

/** @returns the reason in `…:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:…` */
function opensslReason(error: unknown): string {
  const message = reasonOf(error).trim()
  return message.match(/:SSL routines:[^:]*:([^:]+)/)?.[1] ?? message
}

function isCertificateError(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(code)
}

function isTlsError(code: string): boolean {
  return code === 'EPROTO' || /^ERR_(?:SSL|TLS)_/.test(code)
}
