/** What `send` shows of requests and responses. */
import { handlers } from '../../handlers/index.ts'
import { describeBody, indentJson } from './describe-body.ts'
import type { WebhookResponse } from './post.ts'

/** @returns a table of the event types, a description of each, and its log file */
export function listEvents(): string {
  const rows = Object.entries(handlers).map(([type, { examples, logFile }]) => [type, examples[0].title, logFile])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')).join('\n')
}

export function describeRequest(url: URL, body: Uint8Array): string {
  const text = Buffer.from(body).toString()
  return `POST ${url.href}\nAuthorization: Bearer ******** (not shown)\n\n${indentJson(text) ?? text}\n`
}

export function describeResponse(response: WebhookResponse): string {
  return `${summary(response)} (including connection setup)\n${describeBody(response.body)}\n${replayNote(response)}`
}

export function summary({ status, statusText, duration, replayed }: WebhookResponse): string {
  return `${`${status} ${statusText}`.trim()} after ${duration.toFixed(1)} ms${replayed ? ', replayed' : ''}`
}

function replayNote({ replayed }: WebhookResponse): string {
  return replayed ? 'The service had already stored this event, so it stored nothing.\n' : ''
}
