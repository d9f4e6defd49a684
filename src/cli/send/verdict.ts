/** Whether an answer is the right one. */
import { httpErrors } from '../../http/http-errors.ts'
import type { SendOptions } from './options.ts'
import type { ReceivedAnswer } from './post.ts'

/** @returns whether the service gave the expected answer; to a new event, unless the same one was sent on purpose */
export function isExpected(answer: ReceivedAnswer, { expect, same }: Pick<SendOptions, 'expect' | 'same'>): boolean {
  if (answer.status !== expect) return false
  if (expect === 200) return saysSuccess(answer) && (same || !answer.replayed)
  const errors = errorsOf(expect)
  return errors.length === 0 || errors.includes(String(read(answer).error))
}

export function saysSuccess(answer: ReceivedAnswer): boolean {
  return read(answer).status === 'success'
}

/** @returns what the service says under "error" with a status; nothing if it does not answer with that one */
export function errorsOf(status: number): string[] {
  const all: readonly { readonly status: number; readonly error: string }[] = Object.values(httpErrors)
  return all.filter((refusal) => refusal.status === status).map(({ error }) => error)
}

function read({ body }: ReceivedAnswer): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(body) ?? {}
  } catch {
    return {}
  }
}
