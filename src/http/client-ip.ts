import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** @returns the client's address. A proxy may forward anything in X-Forwarded-For, so only a valid address is used. */
export function clientIp(request: FastifyRequest): string {
  const address = isIP(request.ip) ? request.ip : (request.raw.socket.remoteAddress ?? 'unknown')
  return address.replace(/^::ffff:(?=\d+\.)/, '')
}
