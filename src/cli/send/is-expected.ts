/** Compares a response with the expected one. */
import { httpErrors } from '../../http/http-errors.ts'
import type { SendOptions } from './options.ts'
import type { WebhookResponse } from './post.ts'

/** @returns whether the response is as expected. A replayed event is unexpected unless `same` is set */
export function isExpected(response: WebhookResponse, { expect, same }: Pick<SendOptions, 'expect' | 'same'>): boolean {
  if (response.status !== expect) return false
  if (expect === 200) return isSuccess(response) && (same || !response.replayed)
  const errors = errorsFor(expect)
  return errors.length === 0 || errors.includes(String(read(response).error))
}

export function isSuccess(response: WebhookResponse): boolean {
  return read(response).status === 'success'
}

/** @returns the values of "error" that the service sends with this status; none if it never uses it */
export function errorsFor(status: number): string[] {
  const all: readonly { readonly status: number; readonly error: string }[] = Object.values(httpErrors)
  return all.filter((candidate) => candidate.status === status).map(({ error }) => error)
}

/** Whether the body is one that the service sends with this status, and not that of a proxy in front of it. */
export function isFromReceiver(response: WebhookResponse): boolean {
  return isSuccess(response) || errorsFor(response.status).includes(String(read(response).error))
}

function read({ body }: WebhookResponse): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(body) ?? {}
  } catch {
    return {}
  }
}
