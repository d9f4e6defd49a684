import { type FileContent, isSameContent, readContent } from './file-content.ts'
import { type FileWatch, pollFiles } from './poll-files.ts'

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
 * @param apply called with each new content, or the reason why the file cannot be read. Returns whether it took effect
 */
export function watchFile(
  file: string,
  initial: FileContent,
  { maxBytes, readInterval }: WatchOptions,
  apply: (content: FileContent) => boolean,
): FileWatch {
  const isSettledChange = detectChanges(initial)
  let isInEffect = true
  return pollFiles(readInterval, {
    read: () => readContent(file, maxBytes),
    polled(content) {
      if (isSettledChange(content)) isInEffect = apply(content)
    },
    reloaded(content) {
      // A reload is requested after writing, so this counts as two reads that agree.
      const isChange = isSettledChange(content) || isSettledChange(content)
      if (isChange || !isInEffect) isInEffect = apply(content)
    },
  })
}

/** Combines several watches into one. */
export function watchAll(watches: readonly FileWatch[]): FileWatch {
  return {
    watch() {
      const stops = watches.map((each) => each.watch())
      return () => {
        for (const stop of stops) stop()
      }
    },
    async reload() {
      await Promise.all(watches.map((each) => each.reload()))
    },
  }
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
