import { expect, test } from 'vitest'
import { HttpError, type HttpErrorKind } from '../../src/http/http-errors.ts'

/** The contract's answers to refused requests. */
const CONTRACT: Record<HttpErrorKind, [status: number, error: string, headers?: Record<string, unknown>]> = {
  unauthorized: [401, 'Unauthorized', { 'www-authenticate': 'Bearer' }],
  payloadTooLarge: [413, 'Payload too large'],
  invalidJson: [400, 'Invalid JSON payload'],
  invalidEventType: [400, 'Invalid event type'],
  missingFields: [400, 'Missing required fields'],
  invalidPayload: [400, 'Invalid payload'],
  badRequest: [400, 'Bad request'],
  notFound: [404, 'Not found'],
  methodNotAllowed: [405, 'Method not allowed', { allow: 'POST' }],
  requestTimeout: [408, 'Request timeout'],
  expectationFailed: [417, 'Expectation failed'],
  headersTooLarge: [431, 'Request header fields too large'],
  internal: [500, 'Internal server error'],
  shuttingDown: [503, 'Shutting down', { 'retry-after': '5' }],
  unavailable: [503, 'Event log unavailable', { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) }],
}

test.for(Object.entries(CONTRACT))('%s is answered with %j', ([kind, [status, error, headers]]) => {
  const refusal = new HttpError(kind as HttpErrorKind, 'a reason for the log')
  expect(refusal.response).toEqual({ status, error, ...(headers && { headers }) })
  expect(refusal.body).toEqual({ error })
})

test('the client gets the details, but not the reason', () => {
  const details = [{ path: 'bot_id', message: 'is required' }]
  const cause = new Error('from inside')
  const refusal = new HttpError('missingFields', 'a reason for the log', { details, cause })
  expect(refusal.body).toEqual({ error: 'Missing required fields', details })
  expect(refusal).toMatchObject({ name: 'HttpError', message: 'a reason for the log', cause })
})
