/** What the sender prints. */
import { handlers } from '../../handlers/index.ts'
import { printable } from '../../lib/printable.ts'
import type { Answer } from './post.ts'
import { errorsOf, saysSuccess } from './verdict.ts'

export const HELP = `Sends a DigiReply event to the webhook and shows what comes back.

  npm run send -- on_ticket_created
  npm run send -- on_ticket_created --set ticket_data.name="Jane" --set bot_id=22
  npm run send -- on_message_received --url https://bot.example.com/webhook

  --list               the events that can be sent
  --set field=value    changes a field, such as ticket_data.name="Jane"; may be given several times
                       (a value that is JSON, such as 7, true, null or {"a":1}, is taken as that)
  --file event.json    sends the event in a file instead
  --url https://...    sends to this address; without it, to the service on this machine
  --token ...          the bearer token; without it, the one of the environment or .env
  --repeat 5           sends so many events, one after the other
  --same               sends the event as it stands, without a fresh time: the same event each time, which the
                       service stores once (a file goes out byte for byte)
  --expect 401         the status that is the right answer, instead of 200

Ends with 0 if every answer was the expected one (200 with "status": "success" to a new event, or to any with --same;
another status with the service's own "error" for it), 1 if one was not or none came, and 2 if nothing was sent because the command line or a setting is wrong.
`

/** @returns the events of the table, what each stands for, and its log file */
export function listEvents(): string {
  const rows = Object.entries(handlers).map(([type, { examples, logFile }]) => [type, examples[0].title, logFile])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')}\n`).join('')
}

export function describeRequest(url: URL, body: Uint8Array): string {
  return `POST ${url.href}\nAuthorization: Bearer ******** (not shown)\n\n${pretty(Buffer.from(body).toString())}\n\n`
}

export function describeAnswer(answer: Answer): string {
  return `${summary(answer)} (connecting included)\n${pretty(answer.body)}\n${replayNote(answer)}\n`
}

export function summary({ status, statusText, duration, replayed }: Answer): string {
  const head = printable(`${status} ${statusText}`.trim())
  return `${head} after ${duration.toFixed(1)} ms${replayed ? ', known already' : ''}`
}

function replayNote({ replayed }: Answer): string {
  return replayed ? 'The service had stored this event before: it answered again and stored nothing.\n' : ''
}

/** @returns what to do about an answer that is not the expected one */
export function advise(answer: Answer, url: URL, expected: number): string {
  const { status, location } = answer
  if (status === expected) return adviseOnBody(answer)
  if (status >= 300 && status < 400) {
    return `It redirects to ${printable(location ?? 'nowhere')}. Use the address that answers itself, in DigiReply too.`
  }
  switch (status) {
    case 400:
      return 'The service refuses the event, and names under "details" what to mend.'
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
      return `Expected was ${expected}.`
  }
}

/** The status is the expected one, but the answer is not. */
function adviseOnBody(answer: Answer): string {
  if (saysSuccess(answer)) return 'The service had stored this event before. If that is meant, say so with --same.'
  const errors = errorsOf(answer.status).map((error) => `"error": "${error}"`)
  return `The answer has no ${errors.join(' or ') || '"status": "success"'}. Is it the receiver that answers there?`
}

/** Indents JSON; anything else stays as it is. */
function pretty(text: string): string {
  try {
    return printable(JSON.stringify(JSON.parse(text), null, 2))
  } catch {
    return printable(text)
  }
}
