import { ExplainedError, explainSystemError } from '../lib/errors.ts'

/** The service cannot listen. The message tells the operator why, and what to do. */
export class ListenError extends ExplainedError {
  override readonly name = 'ListenError'
}

export interface ListenSettings {
  readonly host: string
  readonly port: number
  /** The settings that give the host and the port. */
  readonly names: { readonly host: string; readonly port: string }
  /** A host that works everywhere, for advice. */
  readonly safeHost: string
}

/** Explains the operating system's error (bind(2), getaddrinfo(3)). */
export function explainListenError(error: unknown, { host, port, names, safeHost }: ListenSettings): ListenError {
  const advice = `Set ${names.host} to ${safeHost}, or to an address of this machine.`
  const unknown = `${names.host}: ${host} cannot be resolved. ${advice}`
  const message = explainSystemError(
    error,
    {
      EADDRINUSE: `${names.port}: ${port} is already in use. Stop the program that uses it, or set ${names.port} to another port.`,
      EACCES: `${names.port}: this user may not listen on port ${port}. Set ${names.port} to 1024 or higher.`,
      EADDRNOTAVAIL: `${names.host}: ${host} is not an address of this machine. ${advice}`,
      ENOTFOUND: unknown,
      EAI_AGAIN: unknown,
    },
    (reason) => `The service cannot listen on ${host}, port ${port}: ${reason}`,
  )
  return new ListenError(message, { cause: error })
}
