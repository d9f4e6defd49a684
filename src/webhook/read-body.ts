import type { IncomingMessage, ServerResponse } from 'node:http'
import { Refusal } from './refusals.ts'

/** The client went away before its request was complete: there is nobody to answer. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'
}

/**
 * Reads a request's body, which nobody has touched until now.
 *
 * @param limit bytes
 * @throws Refusal if the body is longer; what comes after the limit is not kept
 * @throws ClientGoneError if the client goes away
 */
export async function readBody(request: IncomingMessage, response: ServerResponse, limit: number): Promise<Buffer> {
  const tooLarge = new Refusal('payloadTooLarge', `the body is larger than ${limit} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge
  if (request.headers.expect !== undefined) response.writeContinue()
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const onData = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > limit) {
        request.off('data', onData)
        reject(tooLarge)
      } else {
        chunks.push(chunk)
      }
    }
    request.on('data', onData)
    request.once('end', () => resolve(Buffer.concat(chunks, bytes)))
    request.once('error', (cause) => reject(new ClientGoneError('the client went away', { cause })))
    request.once('close', () => reject(new ClientGoneError('the client went away')))
  })
}
