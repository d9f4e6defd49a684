import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { text as readText } from 'node:stream/consumers'
import { errorCode } from '../../lib/error-code.ts'
import { ExplainedError } from '../../lib/explained-error.ts'
import { explainSystemError } from '../../lib/system-error.ts'

/** What came back from the webhook, whoever answered there. */
export interface ReceivedAnswer {
  readonly status: number
  readonly statusText: string
  readonly body: string
  /** Whether the service knew the event already. */
  readonly replayed: boolean
  /** Where a redirect points. */
  readonly location: string | undefined
  /** Milliseconds until the whole answer was there. */
  readonly duration: number
}

/** There was no answer. */
export class NoAnswerError extends ExplainedError {
  override readonly name = 'NoAnswerError'
}

/**
 * Sends a body to the webhook, as DigiReply does. Node's own client does it, since fetch() refuses some ports. It
 * follows no redirect: the token goes where it was meant to go, and nowhere else.
 *
 * @param timeout milliseconds
 * @throws NoAnswerError
 */
export async function post(
  url: URL,
  token: string,
  body: string | Uint8Array,
  timeout: number,
): Promise<ReceivedAnswer> {
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
    const answered = once(request, 'response') as Promise<[http.IncomingMessage]>
    request.on('error', () => {}) // a service that answers before it has read all may cut the connection then
    request.end(bytes)
    const [response] = await answered
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
    throw new NoAnswerError(signal.aborted ? explainTimeout(url, timeout) : explain(error, url), { cause: error })
  }
}

function explainTimeout(url: URL, timeout: number): string {
  return `${url.host} did not answer within ${timeout / 1000} s. Look at its log; if it hangs, restart it.`
}

function explain(error: unknown, url: URL): string {
  const unknownName = `The name ${url.hostname} is not known. Check its spelling, and that this machine is online.`
  const cut = `${url.host} closed the connection without an answer. Is it the service that listens there, and is it https?`
  const away = `${url.host} cannot be reached. Check the address, and whether a firewall is in the way.`
  const sentences = {
    ECONNREFUSED: `Nothing listens at ${url.host}. Is the service running? Start it with: npm start`,
    ENOTFOUND: unknownName,
    EAI_AGAIN: unknownName,
    ECONNRESET: cut,
    EPIPE: cut,
    ETIMEDOUT: away,
    EHOSTUNREACH: away,
    ENETUNREACH: away,
  }
  const code = errorCode(error) ?? ''
  return explainSystemError(error, sentences, (reason) =>
    isTlsCode(code)
      ? `The certificate of ${url.host} is not trusted (${code}), so DigiReply would not connect either. Fix it first.`
      : `No answer from ${url.host}: ${reason}`,
  )
}

function isTlsCode(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS/.test(code)
}
