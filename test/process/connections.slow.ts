import { expect, test } from 'vitest'
import { startProcess } from '../support/process.ts'
import { openSocket, readUntilEnd } from '../support/raw-socket.ts'

test('connections beyond the limit, which leaves open files to spare, are closed, and events are still stored', async () => {
  const receiver = startProcess({ shell: 'ulimit -n 128' })
  await receiver.started
  const sockets = await Promise.all(Array.from({ length: 150 }, () => openSocket(receiver.port)))
  const results = sockets.map(async (socket) => ((await readUntilEnd(socket)) === '' ? 'closed' : 'answered'))
  const closed = (await Promise.all(results)).filter((result) => result === 'closed').length
  expect(closed).toBe(150 - (128 - 64))
  expect((await receiver.post('{"event_type":"on_message_received"}')).status).toBe(200)
  expect(receiver.output()).toContain('connection rejected')
})
