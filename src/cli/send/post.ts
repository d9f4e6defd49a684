import { errorCode } from '../../error-code.ts'

export interface Answer {
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

/** There was no answer. The message says why and what to do. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/**
 * Sends a body to the webhook, as DigiReply does.
 *
 * @param timeout milliseconds
 * @throws NoAnswerError
 */
export async function post(url: URL, token: string, body: string | Uint8Array<ArrayBuffer>, timeout: number) {
  const request = new Request(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
    // The token goes where it was meant to go, and nowhere else.
    redirect: 'manual',
    signal: AbortSignal.timeout(timeout),
  })
  // From here on: what Node.js loads to make a first request is not the service's time.
  const startedAt = performance.now()
  try {
    const response = await fetch(request)
    const answer: Answer = {
      status: response.status,
      statusText: response.statusText,
      body: await response.text(),
      replayed: response.headers.get('idempotent-replayed') === 'true',
      location: response.headers.get('location') ?? undefined,
      duration: performance.now() - startedAt,
    }
    return answer
  } catch (error) {
    throw new NoAnswerError(explain(error, url, timeout), { cause: error })
  }
}

function explain(error: unknown, url: URL, timeout: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return `${url.host} did not answer within ${timeout / 1000} s. Look at its log; if it hangs, restart it.`
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = errorCode(cause) ?? ''
  switch (code) {
    case 'ECONNREFUSED':
      return `Nothing listens at ${url.host}. Is the service running? Start it with: npm start`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The name ${url.hostname} is not known. See whether it is spelled right, and whether this machine is online.`
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return `${url.host} closed the connection without an answer. Is it the service that listens there, and is it https?`
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `${url.host} cannot be reached. See whether a firewall stands between, and whether the address is right.`
    default:
      return isTlsCode(code)
        ? `The certificate of ${url.host} is not trusted (${code}), so DigiReply would not connect either. Mend it first.`
        : `No answer from ${url.host}: ${cause instanceof Error ? cause.message : cause}`
  }
}

function isTlsCode(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS/.test(code)
}
