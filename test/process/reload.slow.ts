/** SIGHUP without a terminal: the service reads its files at once, and continues. */
import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeFolder } from '../support/folder.ts'
import { startProcess } from '../support/process.ts'
import { until } from '../support/wait.ts'

const OLD = 'the-old-token-of-the-webhook'
const NEW = 'the-new-token-of-the-webhook'
const EVENT = '{"event_type":"on_message_received"}'
const replying = (reply: string) => JSON.stringify({ rules: { on_message_received: [{ reply }] } })

test('the token and the reply rules take effect, and a broken file is reported each time', async () => {
  const folder = makeFolder()
  const [secret, replies] = [`${folder}/secret`, `${folder}/replies.json`]
  writeFileSync(secret, OLD)
  writeFileSync(replies, replying('one'))
  const receiver = startProcess({
    folder,
    env: { WEBHOOK_SECRET: undefined, WEBHOOK_SECRET_FILE: secret, REPLIES_FILE: replies },
  })
  await receiver.started
  const count = (text: string) => receiver.output().split(text).length - 1
  const post = async (token: string) => {
    const response = await receiver.post(EVENT, { authorization: `Bearer ${token}` })
    return { status: response.status, reply: ((await response.json()) as { response?: string }).response }
  }

  writeFileSync(secret, NEW)
  writeFileSync(replies, replying('two'))
  receiver.child.kill('SIGHUP')
  await until(async () => expect(await post(NEW)).toEqual({ status: 200, reply: 'two' }))
  expect((await post(OLD)).status).toBe(401)
  expect(receiver.output()).toContain('reloading the files of tokens, reply rules and the certificate')

  writeFileSync(secret, '')
  writeFileSync(replies, '{')
  for (const times of [1, 2, 3]) {
    receiver.child.kill('SIGHUP')
    // A poll reports each of them only once.
    await until(() => expect(count('the token that was read before remains in effect')).toBeGreaterThanOrEqual(times))
    await until(() => expect(count('the previous ones remain in effect')).toBeGreaterThanOrEqual(times))
  }
  expect(await post(NEW)).toEqual({ status: 200, reply: 'two' })

  receiver.child.kill('SIGTERM')
  expect(await receiver.exited).toBe(0)
})

test('without files to reload, it changes nothing', async () => {
  const receiver = startProcess()
  await receiver.started
  receiver.child.kill('SIGHUP')
  await until(() => expect(receiver.output()).toContain('reloading'))
  expect((await receiver.post(EVENT)).status).toBe(200)
})
