import { type FileContent, isSameContent, readContent } from './file-content.ts'

export interface WatchOptions {
  /** A larger file counts as unreadable. */
  readonly maxBytes: number
  /** Milliseconds between two readings. */
  readonly readInterval: number
}

/**
 * Watches a small file by reading it again and again and comparing the content. This notices an edit in place, an
 * editor's rename and the swapped symlink of a mounted directory alike, where file system events miss some.
 *
 * @param initial the content that is known already
 * @param onChange called with each new content, or with why the file cannot be read
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
    if (reading) return // a slow disk: readings must not pile up
    reading = true
    const content = await readContent(file, maxBytes)
    reading = false
    if (isSettledChange(content)) onChange(content)
  }, readInterval)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * Makes a function that says for each reading whether it is a change: two readings in a row must agree, so that a
 * half-written file is ignored, and each content is a change only once.
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
