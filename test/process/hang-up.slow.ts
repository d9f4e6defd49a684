/** SIGHUP when a terminal is closed. script(1) runs a command on a terminal of its own. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { isAlive, pidOf, startProcess } from '../support/process.ts'
import { until } from '../support/wait.ts'

const hasScript = spawnSync('script', ['--version']).status === 0
if (!hasScript) console.warn('SKIPPED: the tests with a terminal, which need script(1) of util-linux')

/** Starts the service by a command line, in which $* is the service, on a terminal of its own. */
async function startOnTerminal(command: string) {
  const receiver = startProcess({ shell: `exec script --quiet --return --command "${command}" /dev/null` })
  await receiver.started
  const pid = await pidOf(receiver)
  onTestFinished(() => void (isAlive(pid) && process.kill(pid, 'SIGKILL')))
  return { receiver, pid }
}

test.skipIf(!hasScript).for(['$*', '$* | cat', '$* 2>&1 | cat', '$* </dev/null'])(
  'a terminal that is closed stops the service, and leaves no process behind: %s',
  async (command) => {
    const { receiver, pid } = await startOnTerminal(command)
    receiver.child.kill('SIGKILL')
    await until(() => expect(isAlive(pid)).toBe(false))
    expect(existsSync(`${receiver.folder}/logs/.lock`)).toBe(false)
  },
)

test.skipIf(!hasScript)('a service that nohup detached from the terminal continues, and reloads', async () => {
  const wait = 'until grep -s listening service.log; do sleep 0.1; done; wait'
  const { receiver, pid } = await startOnTerminal(`nohup $* >service.log 2>&1 & ${wait}`)
  receiver.child.kill('SIGKILL')
  const log = () => readFileSync(`${receiver.folder}/service.log`, 'utf8')
  await until(() => expect(log()).toContain('reloading'))
  expect((await receiver.post('{"event_type":"on_message_received"}')).status).toBe(200)
  process.kill(pid, 'SIGTERM')
  await until(() => expect(isAlive(pid)).toBe(false))
})
