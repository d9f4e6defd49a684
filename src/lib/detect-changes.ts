import { type FileContent, isSameContent } from './file-content.ts'

/**
 * Tells of one reading after the other whether it shows a change that is to be taken: two readings in a row must
 * agree, so that a half-written file is not taken, and each content is told once.
 */
export function detectChanges(initial: FileContent): (reading: FileContent) => boolean {
  let told = initial
  let last = initial
  return (reading) => {
    const isSettled = isSameContent(reading, last)
    last = reading
    if (!isSettled || isSameContent(reading, told)) return false
    told = reading
    return true
  }
}
