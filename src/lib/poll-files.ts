/** Something that is read from files, and changes with them. */
export interface FileWatch {
  /** Starts applying changes. @returns a function that stops it */
  watch(): () => void
  /** Reads the files now. Their contents apply at once, and those that cannot be used are reported again. */
  reload(): Promise<void>
}

export interface PolledFiles<Content> {
  /** Never throws. */
  read(): Promise<Content>
  polled(content: Content): void
  reloaded(content: Content): void
}

/**
 * Reads files at an interval and on demand. One read runs at a time: on a disk or a share that hangs, more of them would
 * take every thread that stores events.
 *
 * @param readInterval milliseconds
 */
export function pollFiles<Content>(readInterval: number, { read, polled, reloaded }: PolledFiles<Content>): FileWatch {
  let running: Promise<void> | undefined
  let waiting: Promise<void> | undefined
  const start = (apply: (content: Content) => void) => {
    running = read()
      .then(apply)
      .finally(() => {
        running = undefined
      })
    return running
  }
  return {
    watch() {
      const timer = setInterval(() => {
        if (!running) start(polled)
      }, readInterval)
      timer.unref()
      return () => clearInterval(timer)
    },
    reload() {
      if (!running) return waiting ?? start(reloaded)
      // The read that is running may have begun before the files were changed.
      waiting ??= running.then(() => {
        waiting = undefined
        return start(reloaded)
      })
      return waiting
    },
  }
}
