import type { Server } from 'node:https'
import { errorCode } from '../lib/errors.ts'
import type { Telemetry } from '../telemetry.ts'

/** Reasons that tell more than OpenSSL's code. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_SSL_HTTP_REQUEST: 'an HTTP client is connecting to this HTTPS port: use https in its URL',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the client does not speak TLS: if it is an HTTP client, use https in its URL',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the client does not support TLS 1.2 or newer',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'the client did not complete the handshake in time',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the client does not trust the certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'the client does not trust the certificate',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the client does not trust the certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'the certificate has expired',
}

/** Reports failed TLS handshakes and closes their connections. Node.js would pass them on as malformed requests. */
export function reportHandshakeErrors(server: Server, telemetry: Telemetry): void {
  server.removeAllListeners('tlsClientError')
  server.on('tlsClientError', (error, socket) => {
    const address = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '')
    socket.on('error', () => {}) // without a listener, a reset would crash the process
    socket.destroy()
    const code = errorCode(error) ?? 'unknown'
    // The client disconnected, as port scanners and TCP health checks do.
    if (code === 'ECONNRESET') return
    telemetry.emit('handshakeFailed', { reason: REASONS[code] ?? code, ...(address && { clientIp: address }) })
  })
}
