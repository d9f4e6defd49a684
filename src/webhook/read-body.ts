import type { IncomingMessage, ServerResponse } from 'node:http'
import { ClientDisconnectedError } from '../http/error-handler.ts'
import { HttpError } from '../http/http-errors.ts'

/**
 * Reads the body of a request.
 *
 * @param request nothing of its body has been read yet
 * @param limit bytes
 * @returns rejects with an HttpError if the body is larger (bytes beyond the limit are not kept), and with a
 *   ClientDisconnectedError if the client closes the connection
 */
export function readBody(request: IncomingMessage, response: ServerResponse, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Create the error only when it is needed: capturing a stack trace costs more than reading a body.
    const tooLarge = () => new HttpError('payloadTooLarge', `the body is larger than ${limit} bytes`)
    if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge()
    if (request.headers.expect !== undefined) response.writeContinue()
    const chunks: Buffer[] = []
    let bytes = 0
    const onData = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > limit) {
        request.off('data', onData)
        reject(tooLarge())
      } else {
        chunks.push(chunk)
      }
    }
    request.on('data', onData)
    request.once('end', () => resolve(Buffer.concat(chunks, bytes)))
    request.once('error', (cause) => reject(new ClientDisconnectedError('the connection failed', { cause })))
    request.once('close', () => {
      if (!request.complete) reject(new ClientDisconnectedError('the client closed the connection'))
    })
  })
}
