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
}

/** Explains the operating system's error (bind(2), getaddrinfo(3)). */
export function explainListenError(error: unknown, { host, port, names }: ListenSettings): ListenError {
  const notOurs = `${names.host}: ${host} is not an address of this machine. Set ${names.host} to 0.0.0.0 to listen on all addresses.`
  const message = explainSystemError(
    error,
    {
      EADDRINUSE: `${names.port}: ${port} is already in use. Stop the program that uses it, or set ${names.port} to another port.`,
      EACCES: `${names.port}: this user may not listen on port ${port}. Set ${names.port} to 1024 or higher, and put a proxy in front.`,
      EADDRNOTAVAIL: notOurs,
      ENOTFOUND: notOurs,
    },
    (reason) => `The service cannot listen on ${host}, port ${port}: ${reason}`,
  )
  return new ListenError(message, { cause: error })
}
