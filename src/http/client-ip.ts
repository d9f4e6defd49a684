import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** The sender's address. A proxy may pass on what a stranger wrote into X-Forwarded-For: only an address counts. */
export function clientIp(request: FastifyRequest): string {
  const address = isIP(request.ip) ? request.ip : (request.raw.socket.remoteAddress ?? 'unknown')
  return address.replace(/^::ffff:(?=\d+\.)/, '')
}
