/** The error contract: the response to a rejected request. */

/** How long a client should wait after a 503. */
const RETRY_AFTER_SECONDS = 5

export interface Detail {
  readonly path: string
  readonly message: string
}

export interface ErrorResponse {
  readonly status: number
  readonly error: string
  readonly headers?: Readonly<Record<string, string>>
}

export const httpErrors = {
  unauthorized: { status: 401, error: 'Unauthorized', headers: { 'www-authenticate': 'Bearer' } },
  payloadTooLarge: { status: 413, error: 'Payload too large' },
  invalidJson: { status: 400, error: 'Invalid JSON payload' },
  invalidEventType: { status: 400, error: 'Invalid event type' },
  missingFields: { status: 400, error: 'Missing required fields' },
  invalidPayload: { status: 400, error: 'Invalid payload' },
  badRequest: { status: 400, error: 'Bad request' },
  notFound: { status: 404, error: 'Not found' },
  methodNotAllowed: { status: 405, error: 'Method not allowed', headers: { allow: 'POST' } },
  requestTimeout: { status: 408, error: 'Request timeout' },
  expectationFailed: { status: 417, error: 'Expectation failed' },
  headersTooLarge: { status: 431, error: 'Request header fields too large' },
  internal: { status: 500, error: 'Internal server error' },
  shuttingDown: { status: 503, error: 'Shutting down', headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } },
  unavailable: {
    status: 503,
    error: 'Event log unavailable',
    headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
  },
} as const satisfies Record<string, ErrorResponse>

export type HttpErrorKind = keyof typeof httpErrors

export interface HttpErrorOptions extends ErrorOptions {
  readonly details?: readonly Detail[]
  /** A reason that clients may know. */
  readonly publicReason?: string
}

/** A rejected request. The message is the reason, for the service log; it is never sent to the client. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly kind: HttpErrorKind
  readonly details: readonly Detail[] | undefined
  readonly publicReason: string | undefined

  constructor(kind: HttpErrorKind, reason: string, options: HttpErrorOptions = {}) {
    super(reason, options)
    this.kind = kind
    this.details = options.details
    this.publicReason = options.publicReason
  }

  get response(): ErrorResponse {
    return httpErrors[this.kind]
  }

  /** The body of the response. */
  get body(): { error: string; reason?: string; details?: readonly Detail[] } {
    const { publicReason: reason, details } = this
    return { error: this.response.error, ...(reason !== undefined && { reason }), ...(details && { details }) }
  }
}
