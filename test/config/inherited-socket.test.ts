import { expect, test } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { findInheritedSocket } from '../../src/config/inherited-socket.ts'
import { collectSettings } from '../../src/config/settings.ts'
import type { Environment } from '../../src/config/tokens.ts'

test.for<[Environment, object]>([
  [{}, { descriptor: undefined }],
  [{ LISTEN_FDS: '1' }, { descriptor: undefined }],
  [{ LISTEN_FDS: '1', LISTEN_PID: '8' }, { descriptor: undefined }],
  [{ LISTEN_FDS: 'x', LISTEN_PID: '8' }, { descriptor: undefined }],
  [{ LISTEN_FDS: '0', LISTEN_PID: '7' }, { descriptor: undefined }],
  [{ LISTEN_FDS: '1', LISTEN_PID: '7' }, { descriptor: 3 }],
  [{ LISTEN_FDS: '2', LISTEN_PID: '7' }, { error: expect.stringContaining('single socket') }],
  [{ LISTEN_FDS: 'x', LISTEN_PID: '7' }, { error: expect.stringContaining('(it is "x")') }],
])('%j in process 7', ([env, result]) => {
  expect(findInheritedSocket(env, 7)).toEqual(result)
})

test('the variables are read once and removed, so that no child process takes them for its own', () => {
  const variables = { LISTEN_FDS: '1', LISTEN_PID: String(process.pid), LISTEN_FDNAMES: 'x', LISTEN_PIDFDID: '1' }
  const env = { WEBHOOK_SECRET: 'a-long-enough-secret', ...variables }
  const given = collectSettings(env)
  expect(env).toEqual({ WEBHOOK_SECRET: 'a-long-enough-secret' })
  expect(given.check().inheritedSocket).toBe(3)
  expect(readConfig(env).inheritedSocket).toBeUndefined()
})
