import { isatty } from 'node:tty'
import type { StoredEntry } from '../../event-store/event-reader.ts'
import { localTimestamp } from '../../handlers/record.ts'

const STDERR = 2
const INTERVAL_MS = 200
const CHECK_EVERY = 1000

/** Shows on stderr, if it is a terminal, how far a long search has come. */
export function progressReport(): { count: (entry: StoredEntry) => void; clear: () => void } {
  if (!isatty(STDERR)) return { count: () => {}, clear: () => {} }
  let read = 0
  let lastShown = performance.now()
  let isShown = false
  return {
    count({ receivedAt }) {
      if (++read % CHECK_EVERY !== 0 || performance.now() - lastShown < INTERVAL_MS) return
      lastShown = performance.now()
      isShown = true
      process.stderr.write(`\r\x1b[K${read} events searched, now at ${localTimestamp(new Date(receivedAt))}`)
    },
    clear() {
      if (isShown) process.stderr.write('\r\x1b[K')
      isShown = false
    },
  }
}
