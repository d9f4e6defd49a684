/** A failure that the operator can fix. The message says why it happened and what to do, so no stack trace is shown. */
export class ExplainedError extends Error {
  override readonly name: string = 'ExplainedError'
}

/** The settings, or a file that they name, are invalid. */
export class InvalidConfigurationError extends ExplainedError {
  override readonly name: string = 'InvalidConfigurationError'
}

/** @returns the error code of the operating system, such as "ENOSPC", if the error has one */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** @returns the message of an error and nothing else: a driver's error may contain the whole connection */
export function reasonOf(error: unknown): string {
  // A host with several addresses: one error for each, and an empty message.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

/** Readable reasons for the errors that operators run into; errno(3) lists them all. */
const REASONS = new Map([
  ['ENOENT', 'the file does not exist'],
  ['ENOTDIR', 'part of its path is not a directory'],
  ['EISDIR', 'it is a directory'],
  ['EACCES', 'permission denied for this user'],
  ['EPERM', 'permission denied for this user'],
  ['ELOOP', 'its symbolic links form a loop'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is exceeded'],
  ['EROFS', 'the file system is read-only'],
  ['EMFILE', 'too many files are open'],
])

/**
 * Explains an error of the operating system to the operator.
 *
 * @param sentences messages by error code, where more than the reason can be said
 * @param otherwise creates the message for any other error; by default, the message is the reason
 */
export function explainSystemError(
  error: unknown,
  sentences: Readonly<Record<string, string>> = {},
  otherwise: (reason: string) => string = (reason) => reason,
): string {
  const code = errorCode(error) ?? ''
  const sentence = Object.hasOwn(sentences, code) ? sentences[code] : undefined
  return sentence ?? otherwise(REASONS.get(code) ?? reasonOf(error))
}
