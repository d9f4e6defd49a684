import { eventTypes, type WebhookEvent, webhookEvent } from '../events/schemas.ts'
import { type Detail, HttpError } from '../http/http-errors.ts'
import { JsonBodyError, parseJsonBody } from './json-body.ts'

const EVENT_TYPE_PATHS = new Set(['', 'event_type'])

/**
 * Decodes a body into an event.
 *
 * @throws HttpError whose `details` name every invalid field
 */
export function decode(body: Buffer): WebhookEvent {
  const payload = decodeJson(body)
  const result = webhookEvent.safeParse(payload)
  if (result.success) return result.data

  const issues = result.error.issues.map(({ path, message }) => ({
    detail: { path: path.join('.'), message },
    isMissing: valueAt(payload, path) === undefined,
  }))
  const eventTypeIssue = issues.find(({ detail }) => EVENT_TYPE_PATHS.has(detail.path))
  if (eventTypeIssue) throw eventTypeError(payload)
  const details = issues.map(({ detail, isMissing }) => (isMissing ? { ...detail, message: 'is required' } : detail))
  const anyMissing = issues.some(({ isMissing }) => isMissing)
  throw badRequest(anyMissing ? 'missingFields' : 'invalidPayload', details)
}

function decodeJson(body: Buffer): unknown {
  try {
    return parseJsonBody(body)
  } catch (error) {
    if (error instanceof JsonBodyError) throw badRequest('invalidJson', [{ path: '', message: error.message }])
    throw error
  }
}

function eventTypeError(payload: unknown): HttpError {
  const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload)
  if (!isObject) return badRequest('invalidEventType', [{ path: '', message: 'the body must be a JSON object' }])
  return badRequest('invalidEventType', [{ path: 'event_type', message: `must be one of: ${eventTypes.join(', ')}` }])
}

function badRequest(kind: 'invalidJson' | 'invalidEventType' | 'missingFields' | 'invalidPayload', details: Detail[]) {
  // Log only the paths: the values come from visitors.
  const paths = details.map(({ path }) => path).filter((path) => path !== '')
  return new HttpError(kind, paths.length > 0 ? `see ${paths.join(', ')}` : 'see rejected_log.jsonl', { details })
}

/** @returns the value at a path, or undefined if it is missing or null */
function valueAt(payload: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = payload
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key]
  return value ?? undefined
}
