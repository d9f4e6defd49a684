import { errorCode } from './error-code.ts'
import { reasonOf } from './error-reason.ts'

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
