import { type FileContent, isSameContent, readContent } from './file-content.ts'

export interface WatchOptions {
  /** A larger file counts as unreadable. */
  readonly maxBytes: number
  /** Milliseconds between two reads. */
  readonly readInterval: number
}

/**
 * Watches a small file by polling its content. Unlike file system events, this reliably notices edits in place, editors
 * that rename a new file into place, and the symlink swap of a mounted ConfigMap.
 *
 * @param initial the content that is already known
 * @param onChange called with each new content, or the reason why the file cannot be read
 * @returns a function that stops watching
 */
export function watchFile(
  file: string,
  initial: FileContent,
  { maxBytes, readInterval }: WatchOptions,
  onChange: (content: FileContent) => void,
): () => void {
  const isSettledChange = detectChanges(initial)
  let reading = false
  const timer = setInterval(async () => {
    if (reading) return // on a slow disk, reads must not pile up
    reading = true
    const content = await readContent(file, maxBytes)
    reading = false
    if (isSettledChange(content)) onChange(content)
  }, readInterval)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * Creates a function that decides whether a read is a change. Two consecutive reads must agree, so that a half-written
 * file is ignored, and each change is reported once.
 */
export function detectChanges(initial: FileContent): (reading: FileContent) => boolean {
  let current = initial
  let last = initial
  return (reading) => {
    const isSettled = isSameContent(reading, last)
    last = reading
    if (!isSettled || isSameContent(reading, current)) return false
    current = reading
    return true
  }
}
