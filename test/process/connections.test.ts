import { expect, test } from 'vitest'
import { startProcess } from '../support/process.ts'
import { openSocket, readUntilEnd } from '../support/raw-socket.ts'

test('connections beyond the limit, which is below that of open files, are turned away; the log is written on', async () => {
  const receiver = startProcess({ shell: 'ulimit -n 128' })
  await receiver.started
  const sockets = await Promise.all(Array.from({ length: 150 }, () => openSocket(receiver.port)))
  const results = sockets.map(async (socket) => ((await readUntilEnd(socket)) === '' ? 'turned away' : 'waited for'))
  const turnedAway = (await Promise.all(results)).filter((result) => result === 'turned away').length
  expect(turnedAway).toBe(150 - (128 - 64))
  expect((await receiver.post('{"event_type":"on_message_received"}')).status).toBe(200)
  expect(receiver.output()).toContain('connection rejected')
})
