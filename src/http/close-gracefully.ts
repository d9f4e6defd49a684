import type { HttpServer } from './http-server.ts'
import type { Listener } from './listen.ts'

/** Times in milliseconds, from the beginning of the shutdown. */
export interface CloseLimits {
  readonly closeIdleAfter: number
  readonly closeAllAfter: number
}

/** The requests that were in flight, or arrived, during the shutdown. */
export interface ClosedRequests {
  readonly finishedRequests: number
  readonly abortedRequests: number
}

/** Stops listening, finishes the in-flight requests, and closes every connection. */
export async function closeGracefully(
  { fastify, connections }: HttpServer,
  listener: Listener,
  limits: CloseLimits,
): Promise<ClosedRequests> {
  const finishedBefore = connections.finished
  let abortedRequests = 0
  const timers = [
    setTimeout(() => connections.closeIdle(), limits.closeIdleAfter),
    setTimeout(() => {
      abortedRequests = connections.pending
      fastify.server.closeAllConnections()
    }, limits.closeAllAfter),
  ]
  await Promise.all([fastify.close(), listener.close()])
  for (const timer of timers) clearTimeout(timer)
  return { finishedRequests: connections.finished - finishedBefore, abortedRequests }
}
