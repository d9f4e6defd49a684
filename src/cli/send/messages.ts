/** The messages of `send`. */
import { handlers } from '../../handlers/index.ts'
import { errorsFor, isSuccess } from './is-expected.ts'
import type { WebhookResponse } from './post.ts'

/** @returns a table of the event types, a description of each, and its log file */
export function listEvents(): string {
  const rows = Object.entries(handlers).map(([type, { examples, logFile }]) => [type, examples[0].title, logFile])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')).join('\n')
}

export function describeRequest(url: URL, body: Uint8Array): string {
  return `POST ${url.href}\nAuthorization: Bearer ******** (not shown)\n\n${pretty(Buffer.from(body).toString())}\n`
}

export function describeResponse(response: WebhookResponse): string {
  return `${summary(response)} (including connection setup)\n${pretty(response.body)}\n${replayNote(response)}`
}

export function summary({ status, statusText, duration, replayed }: WebhookResponse): string {
  return `${`${status} ${statusText}`.trim()} after ${duration.toFixed(1)} ms${replayed ? ', replayed' : ''}`
}

function replayNote({ replayed }: WebhookResponse): string {
  return replayed ? 'The service had already stored this event, so it stored nothing.\n' : ''
}

/** @returns what to do about an unexpected response */
export function suggestFix(response: WebhookResponse, url: URL, expected: number): string {
  const { status, location } = response
  if (status === expected) return suggestFixForBody(response)
  if (status >= 300 && status < 400) {
    return `It redirects to ${location ?? 'nowhere'}. Use that final address directly, here and in DigiReply.`
  }
  switch (status) {
    case 400:
      return 'The service rejected the event. "details" lists what to fix.'
    case 401:
      return 'The service uses another token. Pass its WEBHOOK_SECRET with --token; see its log for details.'
    case 404:
    case 405:
      return `There is no webhook at ${url.pathname}. Use the path in the service's WEBHOOK_PATH, by default /webhook.`
    case 413:
      return 'The body exceeds BODY_LIMIT_BYTES or the limit of the proxy in front of the service.'
    case 502:
    case 504:
      return 'A proxy responded, but not the service behind it. Is the service running? Start it with: npm start'
    case 503:
      return 'The event could not be stored. See the service log for the reason.'
    default:
      return `Expected ${expected}.`
  }
}

/** For a response with the expected status but an unexpected body. */
function suggestFixForBody(response: WebhookResponse): string {
  if (isSuccess(response))
    return 'The service had already stored this event. If you meant to send it again, pass --same.'
  const errors = errorsFor(response.status).map((error) => `"error": "${error}"`)
  return `The response does not contain ${errors.join(' or ') || '"status": "success"'}. Does it come from the receiver?`
}

/** Indents JSON, and returns any other text unchanged. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
