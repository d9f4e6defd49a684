import type { IncomingMessage, ServerResponse } from 'node:http'
import { ClientGoneError } from '../http/error-handler.ts'
import { HttpError } from '../http/http-errors.ts'

/**
 * Reads the body of a request that nobody has read from yet.
 *
 * @param limit bytes
 * @returns rejects with a HttpError if the body is longer (what comes after the limit is not kept), and with a
 *   ClientGoneError if the client closes the connection
 */
export function readBody(request: IncomingMessage, response: ServerResponse, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Errors are made when they occur: capturing a stack costs more than reading a body.
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
    request.once('error', (cause) => reject(new ClientGoneError('the connection failed', { cause })))
    request.once('close', () => {
      if (!request.complete) reject(new ClientGoneError('the client closed the connection'))
    })
  })
}
