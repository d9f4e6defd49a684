/** Tokens in files are changed while the real service runs. */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeFolder } from '../support/folder.ts'
import { type ReceiverProcess, startProcess } from '../support/process.ts'
import { until } from '../support/wait.ts'

const OLD = 'the-old-token-of-the-webhook'
const NEW = 'the-new-token-of-the-webhook'
const EVENT = '{"event_type":"on_message_received"}'

/** Sends an event with each of the two tokens. @returns the statuses */
async function statuses(receiver: ReceiverProcess): Promise<{ old: number; new: number }> {
  const send = async (token: string) => (await receiver.post(EVENT, { authorization: `Bearer ${token}` })).status
  return { old: await send(OLD), new: await send(NEW) }
}

function replace(file: string, content: string): void {
  writeFileSync(`${file}.tmp`, content)
  renameSync(`${file}.tmp`, file)
}

test('files that are renamed into place', async () => {
  const folder = makeFolder()
  const [file, previousFile] = [`${folder}/secret`, `${folder}/previous`]
  for (const path of [file, previousFile]) writeFileSync(path, `${OLD}\n`)
  const receiver = startProcess({
    folder,
    env: { WEBHOOK_SECRET: undefined, WEBHOOK_SECRET_FILE: file, WEBHOOK_SECRET_PREVIOUS_FILE: previousFile },
  })
  await receiver.started
  expect(await statuses(receiver)).toEqual({ old: 200, new: 401 })
  replace(file, `${NEW}\n`)
  await until(() => expect(receiver.output()).toContain('the current and the previous token are accepted'))
  expect(await statuses(receiver)).toEqual({ old: 200, new: 200 })
  expect(receiver.output()).toContain('some requests still use the previous token')

  rmSync(previousFile)
  await until(() => expect(receiver.output()).toContain('the token that was read before remains in effect'))
  expect(await statuses(receiver)).toEqual({ old: 200, new: 200 })

  replace(previousFile, `${NEW}\n`)
  await until(async () => expect(await statuses(receiver)).toEqual({ old: 401, new: 200 }))
  for (const token of [OLD, NEW]) expect(receiver.output()).not.toContain(token)
})

test('a mounted directory whose symlink is swapped', async () => {
  const folder = makeFolder()
  const mount = (version: string, token: string) => {
    mkdirSync(`${folder}/..${version}`)
    writeFileSync(`${folder}/..${version}/secret`, token)
    symlinkSync(`..${version}`, `${folder}/..data_tmp`)
    renameSync(`${folder}/..data_tmp`, `${folder}/..data`)
  }
  mount('1', OLD)
  symlinkSync('..data/secret', `${folder}/secret`)
  const receiver = startProcess({
    folder,
    env: { WEBHOOK_SECRET: undefined, WEBHOOK_SECRET_FILE: `${folder}/secret` },
  })
  await receiver.started
  expect(await statuses(receiver)).toEqual({ old: 200, new: 401 })
  mount('2', NEW)
  rmSync(`${folder}/..1`, { recursive: true })
  await until(async () => expect(await statuses(receiver)).toEqual({ old: 401, new: 200 }))
})
