/** What the sender prints. */
import { handlers } from '../../handlers/index.ts'
import type { ReceivedAnswer } from './post.ts'
import { errorsOf, saysSuccess } from './verdict.ts'

/** @returns the events of the table, what each means, and its log file */
export function listEvents(): string {
  const rows = Object.entries(handlers).map(([type, { examples, logFile }]) => [type, examples[0].title, logFile])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')).join('\n')
}

export function describeRequest(url: URL, body: Uint8Array): string {
  return `POST ${url.href}\nAuthorization: Bearer ******** (not shown)\n\n${pretty(Buffer.from(body).toString())}\n`
}

export function describeAnswer(answer: ReceivedAnswer): string {
  return `${summary(answer)} (connecting included)\n${pretty(answer.body)}\n${replayNote(answer)}`
}

export function summary({ status, statusText, duration, replayed }: ReceivedAnswer): string {
  return `${`${status} ${statusText}`.trim()} after ${duration.toFixed(1)} ms${replayed ? ', known already' : ''}`
}

function replayNote({ replayed }: ReceivedAnswer): string {
  return replayed ? 'The service had stored this event before: it answered again and stored nothing.\n' : ''
}

/** @returns what to do about an answer that is not the expected one */
export function advise(answer: ReceivedAnswer, url: URL, expected: number): string {
  const { status, location } = answer
  if (status === expected) return adviseOnBody(answer)
  if (status >= 300 && status < 400) {
    return `It redirects to ${location ?? 'nowhere'}. Use that final address directly, here and in DigiReply.`
  }
  switch (status) {
    case 400:
      return 'The service refuses the event, and lists under "details" what to fix.'
    case 401:
      return 'The service has another token. Give --token the WEBHOOK_SECRET that it was started with; its log says more.'
    case 404:
    case 405:
      return `There is no webhook at ${url.pathname}. The path is the service's WEBHOOK_PATH, /webhook if it is not set.`
    case 413:
      return 'The body is larger than BODY_LIMIT_BYTES, or than the proxy in front allows.'
    case 502:
    case 504:
      return 'A proxy answers, the service behind it does not. Is the service running? Start it with: npm start'
    case 503:
      return "The event could not be stored. The service's log says why."
    default:
      return `Expected ${expected}.`
  }
}

/** The status is the expected one, but the answer is not. */
function adviseOnBody(answer: ReceivedAnswer): string {
  if (saysSuccess(answer)) return 'The service had stored this event before. If that is meant, say so with --same.'
  const errors = errorsOf(answer.status).map((error) => `"error": "${error}"`)
  return `The answer has no ${errors.join(' or ') || '"status": "success"'}. Is it the receiver that answers there?`
}

/** Indents JSON; anything else stays as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
