import { errorCode } from './error-code.ts'
import { reasonOf } from './error-reason.ts'

/** The errors that operators run into, in words; errno(3) lists them all. */
const REASONS = new Map([
  ['ENOENT', 'there is no such file'],
  ['ENOTDIR', 'part of its path is not a directory'],
  ['EISDIR', 'it is a directory'],
  ['EACCES', 'this user has no permission'],
  ['EPERM', 'this user has no permission'],
  ['ELOOP', 'its symbolic links go round in a circle'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EMFILE', 'too many files are open'],
])

/**
 * Puts an error of the operating system into words for the operator.
 *
 * @param sentences what an error code means here, where there is more to say than the reason
 * @param otherwise makes the sentence for any other error; without it, the reason alone is returned
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
