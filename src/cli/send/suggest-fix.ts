import { errorsFor, isFromReceiver, isSuccess } from './is-expected.ts'
import type { WebhookResponse } from './post.ts'
import { withScheme } from './with-scheme.ts'

/** What nginx, Go and Apache respond to HTTP on a port that expects TLS. */
const EXPECTS_TLS = /plain HTTP request was sent to HTTPS|HTTP request to an HTTPS server|plain HTTP to an SSL-enabled/i

/** @returns what to do about an unexpected response */
export function suggestFix(response: WebhookResponse, url: URL, expected: number): string {
  const { status, location, body } = response
  if (status === expected) return suggestFixForBody(response)
  if (EXPECTS_TLS.test(body)) return `${url.host} expects TLS. Use ${withScheme(url, 'https:')} instead.`
  if (status >= 300 && status < 400) {
    return `It redirects to ${location ?? 'nowhere'}. Use that final address directly, here and in DigiReply.`
  }
  return isFromReceiver(response) ? suggestFixInEvent(status, url, expected) : suggestFixInProxy(response, url)
}

/** For a response with the expected status but an unexpected body. */
function suggestFixForBody(response: WebhookResponse): string {
  if (isSuccess(response))
    return 'The service had already stored this event. If you meant to send it again, pass --same.'
  const errors = errorsFor(response.status).map((error) => `"error": "${error}"`)
  return `The response does not contain ${errors.join(' or ') || '"status": "success"'}. Does it come from the receiver?`
}

function suggestFixInEvent(status: number, url: URL, expected: number): string {
  switch (status) {
    case 400:
      return 'The service rejected the event. "details" lists what to fix.'
    case 401:
      return 'The service uses another token. Pass its WEBHOOK_SECRET with --token or --token-file; see its log for details.'
    case 404:
    case 405:
      return noWebhook(url)
    case 413:
      return 'The body exceeds BODY_LIMIT_BYTES or the limit of the proxy in front of the service.'
    case 503:
      return 'The event could not be stored. See the service log for the reason.'
    default:
      return `Expected ${expected}.`
  }
}

/** For a response that does not come from the service. */
function suggestFixInProxy({ status, server }: WebhookResponse, url: URL): string {
  const sender = `${server ?? 'A proxy or another program'} responded, not the service`
  switch (status) {
    case 401:
    case 403:
      return `${sender}. It wants a login of its own or blocks this address; DigiReply needs access with the token alone.`
    case 404:
    case 405:
      return `${sender}. ${noWebhook(url)} A proxy in front of it must forward that path.`
    case 413:
      return `${sender}. The body exceeds its limit; in nginx, that is client_max_body_size.`
    case 429:
      return `${sender}. It limits how many requests it forwards.`
    case 502:
    case 503:
    case 504:
      return `${sender} behind it. Is the service running, and does the proxy forward to its PORT? Start it with: npm start`
    default:
      return `${sender}. Check that the URL is that of the receiver.`
  }
}

function noWebhook(url: URL): string {
  return `There is no webhook at ${url.pathname}. Use the path in the service's WEBHOOK_PATH, by default /webhook.`
}
