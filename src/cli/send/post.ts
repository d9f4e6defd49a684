import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { text as readText } from 'node:stream/consumers'
import { ExplainedError, errorCode, explainSystemError } from '../../lib/errors.ts'

/** The response to a request, which may not come from the receiver. */
export interface WebhookResponse {
  readonly status: number
  readonly statusText: string
  readonly body: string
  /** Whether the service had already stored the event. */
  readonly replayed: boolean
  /** The target of a redirect. */
  readonly location: string | undefined
  /** Milliseconds until the response was complete. */
  readonly duration: number
}

/** There was no complete response. */
export class NoResponseError extends ExplainedError {
  override readonly name = 'NoResponseError'
}

/**
 * Sends a body to the webhook, as DigiReply does. Uses Node's HTTP client, since fetch() blocks some ports. Does not
 * follow redirects, which would send the token to another address.
 *
 * @param timeout milliseconds
 * @throws NoResponseError
 */
export async function post(
  url: URL,
  token: string,
  body: string | Uint8Array,
  timeout: number,
): Promise<WebhookResponse> {
  const bytes = Buffer.from(body)
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': bytes.length,
  }
  const signal = AbortSignal.timeout(timeout)
  const startedAt = performance.now()
  try {
    const request = (url.protocol === 'https:' ? https : http).request(url, { method: 'POST', headers, signal })
    const responded = once(request, 'response') as Promise<[http.IncomingMessage]>
    request.on('error', () => {}) // a service that responds before reading the whole body may close the connection
    request.end(bytes)
    const [response] = await responded
    const text = await readText(response)
    return {
      status: response.statusCode ?? 0,
      statusText: response.statusMessage ?? '',
      body: text,
      replayed: response.headers['idempotent-replayed'] === 'true',
      location: response.headers.location,
      duration: performance.now() - startedAt,
    }
  } catch (error) {
    throw new NoResponseError(signal.aborted ? explainTimeout(url, timeout) : explain(error, url), { cause: error })
  }
}

function explainTimeout(url: URL, timeout: number): string {
  return `${url.host} did not respond within ${timeout / 1000} s. Check its log, and restart it if it hangs.`
}

function explain(error: unknown, url: URL): string {
  const unknownName = `Cannot resolve ${url.hostname}. Check its spelling, and that this machine is online.`
  const closed =
    `${url.host} closed the connection without a response. ` +
    'Check that the receiver listens there, and whether the URL needs https.'
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
  const code = errorCode(error) ?? ''
  return explainSystemError(error, sentences, (reason) =>
    isTlsCode(code)
      ? `The certificate of ${url.host} is not trusted (${code}), so DigiReply would not connect either. Fix it first.`
      : `No response from ${url.host}: ${reason}`,
  )
}

function isTlsCode(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS/.test(code)
}
