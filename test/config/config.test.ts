import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { makeFolder } from '../support/folder.ts'

const SECRET = 'a-secret-that-is-long-enough'
const read = (settings: Record<string, string>) => readConfig({ WEBHOOK_SECRET: SECRET, ...settings })

test('defaults', () => {
  expect(read({})).toEqual({
    tokens: { current: SECRET },
    tokenFiles: [],
    host: '0.0.0.0',
    port: 3000,
    webhookPath: '/webhook',
    admin: undefined,
    shutdownDelay: 0,
    logDir: 'logs',
    fsync: true,
    logLevel: 'info',
    production: false,
    environment: 'development',
    bodyLimit: 1_048_576,
    trustProxy: false,
    redelivery: { ttlMs: 86_400_000, maxEvents: 100_000 },
    botProjects: new Map(),
    eventStore: undefined,
    warnings: [],
  })
})

test('an empty setting counts as not set', () => {
  expect(read({ PORT: '', LOG_FSYNC: '', TRUST_PROXY: '' })).toEqual(read({}))
})

test('given values are used', () => {
  const config = read({
    HOST: '::1',
    PORT: '8080',
    WEBHOOK_PATH: '/webhook.php',
    ADMIN_HOST: '::1',
    ADMIN_PORT: '9464',
    LOG_FSYNC: 'false',
    NODE_ENV: 'production',
    TRUST_PROXY: '127.0.0.1, 10.0.0.0/8,::1',
    DEDUPE_TTL_SECONDS: '0',
    BOT_PROJECTS: '{"21":"A","__proto__":"B"}',
    WEBHOOK_SECRET_PREVIOUS: 'the-previous-secret-123',
  })
  expect(config).toMatchObject({
    host: '::1',
    port: 8080,
    webhookPath: '/webhook.php',
    admin: { host: '::1', port: 9464 },
    fsync: false,
    production: true,
    environment: 'production',
    trustProxy: ['127.0.0.1', '10.0.0.0/8', '::1'],
    redelivery: { ttlMs: 0, maxEvents: 100_000 },
    tokens: { current: SECRET, previous: 'the-previous-secret-123' },
  })
  expect(config.botProjects.get('21')).toBe('A')
  expect(read({ NODE_ENV: 'production', APP_ENV: 'staging' }).environment).toBe('staging')
})

test.for([
  ['PORT', 'abc'],
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['PORT', '80.5'],
  ['PORT', '0x50'],
  ['ADMIN_PORT', '65536'],
  ['WEBHOOK_PATH', 'webhook'],
  ['WEBHOOK_PATH', '/web hook'],
  ['WEBHOOK_PATH', '/:any'],
  ['WEBHOOK_PATH', '/*'],
  ['WEBHOOK_PATH', '/healthz'],
  ['SHUTDOWN_DELAY_SECONDS', '601'],
  ['LOG_FSYNC', 'sometimes'],
  ['LOG_ROTATE_BYTES', '1000'],
  ['LOG_ROTATE_BYTES', '100MB'],
  ['LOG_ROTATE_DAILY', 'midnight'],
  ['LOG_ROTATE_GZIP', '9'],
  ['LOG_KEEP_DAYS', '0'],
  ['LOG_KEEP_DAYS', '2w'],
  ['LOG_LEVEL', 'loud'],
  ['BODY_LIMIT_BYTES', '0'],
  ['BODY_LIMIT_BYTES', '1MB'],
  ['TRUST_PROXY', '1'],
  ['TRUST_PROXY', 'true'],
  ['TRUST_PROXY', '0.0.0.0/0'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['TRUST_PROXY', '127.0.0.1,,'],
  ['TRUST_PROXY', 'my-proxy'],
  ['DEDUPE_TTL_SECONDS', '1h'],
  ['DEDUPE_MAX_EVENTS', '-5'],
  ['BOT_PROJECTS', '{21:"A"}'],
  ['BOT_PROJECTS', '["A"]'],
  ['BOT_PROJECTS', '{"21":7}'],
] as const)('%s=%s is rejected with a message that describes the valid values', ([name, value]) => {
  expect(() => read({ [name]: value })).toThrow(new RegExp(`^  ${name}: must .* \\(it is ${quoted(value)}\\)\\.$`, 'm'))
})

const quoted = (text: string) => JSON.stringify(text).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

describe('rotation', () => {
  test('is not configured unless a setting of it is', () => {
    expect(read({}).rotation).toBeUndefined()
    expect(read({ LOG_ROTATE_DAILY: 'false' }).rotation).toBeUndefined()
    const nothing = { maxBytes: undefined, daily: false, gzip: false, keepMs: undefined }
    expect(read({ LOG_ROTATE_BYTES: '65536' }).rotation).toEqual({ ...nothing, maxBytes: 65_536 })
    expect(read({ LOG_ROTATE_DAILY: 'true' }).rotation).toEqual({ ...nothing, daily: true })
    expect(read({ LOG_ROTATE_GZIP: 'true' }).rotation).toEqual({ ...nothing, gzip: true })
    expect(read({ LOG_KEEP_DAYS: '2' }).rotation).toEqual({ ...nothing, keepMs: 172_800_000 })
  })

  test.for([
    [{ LOG_ROTATE_GZIP: 'true' }, 'LOG_ROTATE_GZIP has no effect'],
    [{ LOG_KEEP_DAYS: '30' }, 'LOG_KEEP_DAYS deletes only rotated files'],
    [{ LOG_ROTATE_DAILY: 'true', LOG_KEEP_DAYS: '1', DEDUPE_TTL_SECONDS: '86401' }, 'LOG_KEEP_DAYS is shorter'],
  ] as const)('%j gets a warning', ([given, warning]) => {
    expect(read(given).warnings).toEqual([expect.stringContaining(warning)])
  })

  test('usual settings get no warning', () => {
    expect(read({ LOG_ROTATE_DAILY: 'true', LOG_ROTATE_GZIP: 'true', LOG_KEEP_DAYS: '1' }).warnings).toEqual([])
    expect(read({ LOG_ROTATE_BYTES: '1000000', LOG_KEEP_DAYS: '90' }).warnings).toEqual([])
  })
})

test('one message lists every error', () => {
  const attempt = () => readConfig({ PORT: 'x', LOG_LEVEL: 'y', WEBHOOK_SECRET: '' })
  expect(attempt).toThrow(ConfigError)
  expect(attempt).toThrow(/PORT[\s\S]*LOG_LEVEL[\s\S]*WEBHOOK_SECRET: is not set/)
})

describe('the token', () => {
  test.for([
    ['missing', undefined, 'is not set'],
    ['empty', '', 'is not set'],
    ['the placeholder', 'PASTE_YOUR_SECRET_KEY_HERE', 'placeholder'],
    ['with the scheme', 'Bearer abcdefghijklmnop', 'without that word'],
    ['with the scheme in lowercase', 'bearer abcdefghijklmnop', 'without that word'],
    ['with a line feed', 'abcdefghijklmnop\nq', 'not allowed in an HTTP header'],
    ['with a trailing space', 'abcdefghijklmnop ', 'not allowed in an HTTP header'],
    ['with a non-ASCII letter', 'abcdefghijklmnopé', 'not allowed in an HTTP header'],
  ] as const)('%s is rejected', ([, secret, message]) => {
    const attempt = () => readConfig({ WEBHOOK_SECRET: secret })
    expect(attempt).toThrow(message)
    if (secret && secret.length > 16) expect(attempt).not.toThrow('abcdefghijklmnop')
  })

  test('if short, causes a warning that does not show it', () => {
    expect(readConfig({ WEBHOOK_SECRET: 'fifteen-letters' }).warnings).toHaveLength(1)
    expect(readConfig({ WEBHOOK_SECRET: 'sixteen--letters' }).warnings).toHaveLength(0)
    expect(readConfig({ WEBHOOK_SECRET: 'fifteen-letters' }).warnings[0]).not.toContain('fifteen-letters')
  })

  test('is read from a file, without the trailing newline', () => {
    const file = `${makeFolder()}/secret`
    for (const text of [SECRET, `${SECRET}\n`, `${SECRET}\r\n`]) {
      writeFileSync(file, text)
      expect(readConfig({ WEBHOOK_SECRET_FILE: file }).tokens).toEqual({ current: SECRET })
      expect(read({ WEBHOOK_SECRET_PREVIOUS_FILE: file }).tokens).toEqual({ current: SECRET, previous: SECRET })
    }
  })

  test.for([
    ['is empty', '', 'the file is empty'],
    ['has only a newline', '\n', 'the file is empty'],
    ['has only spaces and newlines', ' \n\r\n', 'the file is empty'],
    ['has two lines', `${SECRET}\nabc\n`, 'the file has more than one line. Put only the token in it.'],
    ['has an empty line', `${SECRET}\n\n`, 'the file has more than one line. Put only the token in it.'],
    ['has a comment', `# the token\n${SECRET}`, 'the file has more than one line. Put only the token in it.'],
    ['has a trailing space', `${SECRET} \n`, 'contains characters that are not allowed in an HTTP header'],
    ['has the scheme', `Bearer ${SECRET}`, 'starts with "Bearer "'],
    ['has the placeholder', 'PASTE_YOUR_SECRET_KEY_HERE\n', 'is still the placeholder'],
  ] as const)('in a file that %s is rejected, whether it is the current or the previous one', ([, text, message]) => {
    const file = `${makeFolder()}/secret`
    writeFileSync(file, text)
    const current = () => readConfig({ WEBHOOK_SECRET_FILE: file })
    const previous = () => read({ WEBHOOK_SECRET_PREVIOUS_FILE: file })
    expect(current).toThrow(`WEBHOOK_SECRET_FILE: ${message}`)
    expect(previous).toThrow(`WEBHOOK_SECRET_PREVIOUS_FILE: ${message}`)
    for (const attempt of [current, previous]) expect(attempt).not.toThrow(SECRET)
  })

  test.for(['WEBHOOK_SECRET', 'WEBHOOK_SECRET_PREVIOUS'] as const)('%s may not be set twice', (name) => {
    const attempt = () => read({ [name]: SECRET, [`${name}_FILE`]: 'any' })
    expect(attempt).toThrow(`${name} and ${name}_FILE are both set`)
  })

  test('in a file that does not exist is rejected', () => {
    const file = `${makeFolder()}/secret`
    expect(() => readConfig({ WEBHOOK_SECRET_FILE: file })).toThrow(`WEBHOOK_SECRET_FILE: The file ${file} does not`)
    expect(() => read({ WEBHOOK_SECRET_PREVIOUS_FILE: file })).toThrow(
      `WEBHOOK_SECRET_PREVIOUS_FILE: The file ${file} does not exist. To accept no previous token, copy the current one`,
    )
  })

  test('is validated if it is the previous one, too', () => {
    expect(() => read({ WEBHOOK_SECRET_PREVIOUS: 'Bearer x' })).toThrow('WEBHOOK_SECRET_PREVIOUS: starts with')
    expect(read({ WEBHOOK_SECRET_PREVIOUS: 'short' }).warnings).toHaveLength(1)
  })
})

test('the private listener needs a port of its own', () => {
  expect(() => read({ ADMIN_PORT: '3000' })).toThrow(
    'ADMIN_PORT: must not be the port of the webhook (PORT is 3000, too).',
  )
  expect(read({ PORT: '0', ADMIN_PORT: '0' }).admin).toEqual({ host: '127.0.0.1', port: 0 })
})

test('an event store in PostgreSQL, and what contradicts it', () => {
  const EVENT_STORE_URL = 'postgres://bob:hunter2@db1,db2:6543/events'
  const { eventStore, warnings } = read({ EVENT_STORE_URL, LOG_KEEP_DAYS: '1000' })
  expect(eventStore?.addresses.map(({ host, port }) => [host, port])).toEqual([
    ['db1', 5432],
    ['db2', 6543],
  ])
  expect(warnings).toEqual([])
  expect(read({ EVENT_STORE_URL, LOG_DIR: 'logs', LOG_ROTATE_DAILY: 'true' }).warnings).toEqual([
    'LOG_ROTATE_DAILY has no effect: with EVENT_STORE_URL, events are stored in PostgreSQL.',
  ])
  expect(() => read({ EVENT_STORE_URL, LOG_FSYNC: 'false' })).toThrow(
    'LOG_FSYNC: is false, but PostgreSQL always syncs',
  )
  expect(() => read({ EVENT_STORE_URL, BODY_LIMIT_BYTES: '16777217' })).toThrow(
    'BODY_LIMIT_BYTES: must be at most 16777216',
  )
  const invalid = () => read({ EVENT_STORE_URL: 'mysql://bob:hunter2@db/events' })
  expect(invalid).toThrow('EVENT_STORE_URL: must look like postgres://')
  expect(invalid).not.toThrow('hunter2')
})
