import { IncomingMessage, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, test, vi } from 'vitest'
import { ClientDisconnectedError } from '../../src/http/error-handler.ts'
import { readBody } from '../../src/webhook/read-body.ts'

const LIMIT = 10

/** A request whose body is pushed by the test instead of Node's parser. */
function makeRequest(headers: Record<string, string> = {}) {
  const request = new IncomingMessage(new Socket())
  Object.assign(request.headers, headers)
  const writeContinue = vi.fn()
  const reading = readBody(request, { writeContinue } as unknown as ServerResponse, LIMIT)
  const finish = () => {
    request.complete = true
    request.push(null)
  }
  return { request, reading, writeContinue, finish }
}

test('the chunks of a body are concatenated in order', async () => {
  const { request, reading, writeContinue, finish } = makeRequest({ 'content-length': '10' })
  for (const chunk of ['1234', '5', '67890']) request.push(chunk)
  finish()
  expect(String(await reading)).toBe('1234567890')
  expect(writeContinue).not.toHaveBeenCalled()
})

test('a body without bytes is empty', async () => {
  const { reading, finish } = makeRequest()
  finish()
  expect(await reading).toHaveLength(0)
})

test('a client that expects "100 Continue" gets it once the length is accepted', async () => {
  const expecting = makeRequest({ expect: '100-continue', 'content-length': '10' })
  expect(expecting.writeContinue).toHaveBeenCalledTimes(1)
  expecting.finish()
  await expecting.reading
  const tooLong = makeRequest({ expect: '100-continue', 'content-length': '11' })
  await expect(tooLong.reading).rejects.toMatchObject({
    kind: 'payloadTooLarge',
    message: expect.stringContaining('10'),
  })
  expect(tooLong.writeContinue).not.toHaveBeenCalled()
})

test('a body is rejected as soon as it exceeds the limit, and no longer read', async () => {
  const { request, reading } = makeRequest()
  request.push('12345678')
  request.push('901')
  await expect(reading).rejects.toMatchObject({ kind: 'payloadTooLarge', message: expect.stringContaining('10') })
  expect(request.listenerCount('data')).toBe(0)
})

test('a connection closed before the body is complete rejects, and later events change nothing', async () => {
  const { request, reading } = makeRequest()
  request.push('1')
  request.destroy()
  await expect(reading).rejects.toThrow(ClientDisconnectedError)
  await expect(reading).rejects.toThrow('the client closed the connection')
})

test('a connection that fails rejects with its cause', async () => {
  const { request, reading } = makeRequest()
  const cause = new Error('ECONNRESET')
  request.destroy(cause)
  await expect(reading).rejects.toMatchObject({
    name: 'ClientDisconnectedError',
    message: 'the connection failed',
    cause,
  })
})
