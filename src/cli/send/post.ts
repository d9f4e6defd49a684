import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { text as readText } from 'node:stream/consumers'
import { explainNoResponse, explainTimeout, NoResponseError } from './no-response.ts'

/** The response to a request, which may not come from the receiver. */
export interface WebhookResponse {
  readonly status: number
  readonly statusText: string
  readonly body: string
  /** Whether the service had already stored the event. */
  readonly replayed: boolean
  /** The target of a redirect. */
  readonly location: string | undefined
  /** The program that responded, as it calls itself, such as `nginx/1.22.1`. The service does not say. */
  readonly server: string | undefined
  /** Milliseconds until the response was complete. */
  readonly duration: number
}

/**
 * Sends a body to the webhook, as DigiReply does. Uses Node's HTTP client, since fetch() blocks some ports. Does not
 * follow redirects, which would send the token to another address.
 *
 * @param timeout milliseconds
 * @param certificate the only one to accept, in PEM, regardless of its name; by default any that this machine trusts for the URL
 * @throws NoResponseError
 */
export async function post(
  url: URL,
  token: string,
  body: string | Uint8Array,
  timeout: number,
  certificate?: Uint8Array,
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
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      ...(certificate && pin(certificate)),
      method: 'POST',
      headers,
      signal,
    })
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
      server: response.headers.server?.toString(),
      duration: performance.now() - startedAt,
    }
  } catch (error) {
    throw new NoResponseError(
      signal.aborted ? explainTimeout(url, timeout) : explainNoResponse(error, url, certificate !== undefined),
      { cause: error },
    )
  }
}

/** The options to accept exactly this certificate. It need not be signed by anyone, but must not have expired. */
function pin(certificate: Uint8Array): https.RequestOptions {
  const own = new X509Certificate(certificate).toString()
  return { ca: own, allowPartialTrustChain: true, checkServerIdentity: () => undefined }
}
