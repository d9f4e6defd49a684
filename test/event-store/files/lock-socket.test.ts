import { once } from 'node:events'
import { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { closeServer, unixSockets } from '../../../src/event-store/files/lock-socket.ts'
import { systemError } from '../../support/faulty-disk.ts'
import { makeFolder } from '../../support/folder.ts'

async function listen() {
  const path = `${makeFolder()}/socket`
  const server = await unixSockets.listen(path, 'identity')
  onTestFinished(() => closeServer(server))
  return { path, server }
}

test('a path that cannot be listened on is an error', async () => {
  await expect(unixSockets.listen(`${makeFolder()}/none/socket`, 'identity')).rejects.toMatchObject({
    syscall: 'listen',
  })
})

test('a connection that cannot be accepted does not crash the process, and later ones are answered', async () => {
  const { path, server } = await listen()
  server.emit('error', systemError('EMFILE'))
  const socket = unixSockets.connect(path)
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toBe('identity')
})

test('a client that resets its connection does not crash the process', async () => {
  const { server } = await listen()
  const client = new Socket()
  server.emit('connection', client)
  client.destroy(systemError('ECONNRESET'))
  await new Promise((resolve) => client.on('close', resolve))
})
