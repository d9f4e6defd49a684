import { vi } from 'vitest'

/** Waits until a check stops throwing. */
export function until<T>(check: () => T | Promise<T>, timeout = 10_000): Promise<T> {
  return vi.waitFor(check, { timeout, interval: 20 })
}
