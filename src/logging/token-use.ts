import type { Telemetry } from '../telemetry.ts'

/**
 * Emits which tokens requests come with, while a previous one is accepted: at the first request, then at most once per
 * interval. An operator learns from it when DigiReply no longer uses the previous token.
 *
 * @param interval milliseconds
 */
export function reportTokenUse(telemetry: Telemetry, isPreviousAccepted: () => boolean, interval: number): void {
  let requests = { current: 0, previous: 0 }
  let waiting: NodeJS.Timeout | undefined
  const report = () => {
    waiting = undefined
    const counted = requests
    requests = { current: 0, previous: 0 }
    // The previous token may have ended since they were counted.
    if (!isPreviousAccepted() || counted.current + counted.previous === 0) return
    telemetry.emit('tokensUsed', counted)
    waiting = setTimeout(report, interval).unref()
  }
  telemetry.on('authenticated', ({ token }) => {
    if (!isPreviousAccepted()) return
    requests[token]++
    if (!waiting) report()
  })
}
