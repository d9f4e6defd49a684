/** Servers that violate the protocol. They cost tickets their names, but do not affect the service otherwise. */
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { createCertificates } from '../databases/server.ts'
import { makeFolder } from '../support/folder.ts'
import { startTestService } from '../support/service.ts'
import { failures, projectInTime, readiness } from '../support/tickets.ts'
import * as mysql from './fake-mysql.ts'
import * as postgres from './fake-postgres.ts'
import { say, startServer } from './fake-server.ts'

const PASSWORD = 'pa ss/word'
const UNKNOWN = 'Unknown Project'

const urlOf = (scheme: string, port: number, options = '') =>
  `${scheme}://bob:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/chat${options}`

type Behavior = (socket: Socket) => void
const goodMysql = mysql.answerMysql((botId) => mysql.rows([botId, `Project of ${botId}`]))
const goodPostgres = postgres.answerPostgres((botId) => postgres.rows([botId, `Project of ${botId}`]))

test.for([
  ['mysql', goodMysql],
  ['postgres', goodPostgres],
] as const)('a well-behaved %s server provides names', async ([scheme, good]) => {
  const { port } = await startServer(good)
  const service = await startTestService({ DATABASE_URL: urlOf(scheme, port) })
  expect(await projectInTime(service, 21)).toBe('Project of 21')
  expect(failures(service)).toEqual([])
})

/** Sends tickets while a server misbehaves, and again once it behaves well. */
async function survive(scheme: string, bad: Behavior, good: Behavior): Promise<void> {
  let behave = bad
  const { port } = await startServer((socket) => behave(socket))
  const service = await startTestService({ DATABASE_URL: urlOf(scheme, port) })
  const names = await Promise.all([1, 2, 3, 4, 5, 6].map((bot) => projectInTime(service, bot)))
  expect(new Set(names)).toEqual(new Set([UNKNOWN]))
  expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'unreachable' }])
  behave = good
  await expect.poll(() => projectInTime(service, 21), { timeout: 10_000 }).toBe('Project of 21')
}

// The servers of each test run concurrently, since most of the time is spent waiting for deadlines.
test('infinite loops in the driver only cost names, and are stopped', async () => {
  const servers = [
    say('E\0\0\0\x04'),
    say('N\0\0\0\x04'),
    postgres.answerPostgres(() => 'E\0\0\0\x04'),
    postgres.answerPostgres(() => 'C\0\0\0\x06SE'),
  ]
  await Promise.all(servers.map((bad) => survive('postgres', bad, goodPostgres)))
})

test('malformed responses only cost names: MySQL', async () => {
  const answers = [
    [...mysql.COLUMNS, mysql.row('21', 'a row instead of the end of the columns'), mysql.EOF],
    ['\0', '\0', '\0'],
    ['\xfb/etc/passwd'],
  ]
  await Promise.all(
    answers.map((answer) =>
      survive(
        'mysql',
        mysql.answerMysql(() => answer),
        goodMysql,
      ),
    ),
  )
})

test('malformed responses only cost names: PostgreSQL', async () => {
  const answers = [
    postgres.row('21', 'a row before its columns'),
    postgres.message('G', '\0\0\0'),
    postgres.message('?'),
  ]
  await Promise.all(
    answers.map((answer) =>
      survive(
        'postgres',
        postgres.answerPostgres(() => answer),
        goodPostgres,
      ),
    ),
  )
})

test.for(['mysql', 'postgres'] as const)('a long name counts as unknown, and is reported once: %s', async (scheme) => {
  const utf8 = (text: string) => Buffer.from(text).toString('latin1')
  const tooLong = utf8('ä'.repeat(1001))
  const names: Record<string, string> = {
    1: utf8('ä'.repeat(1000)),
    2: utf8('🌱'.repeat(1000)),
    3: tooLong,
    4: tooLong,
    5: tooLong,
  }
  const answer = (botId: string) => [botId, names[botId] ?? ''] as const
  const { port } = await startServer(
    scheme === 'mysql'
      ? mysql.answerMysql((botId) => mysql.rows(answer(botId)))
      : postgres.answerPostgres((botId) => postgres.rows(answer(botId))),
  )
  const service = await startTestService({ DATABASE_URL: urlOf(scheme, port) })
  expect(await projectInTime(service, 1)).toBe('ä'.repeat(1000))
  expect(await projectInTime(service, 2)).toBe('🌱'.repeat(1000))
  for (const bot of [3, 4, 5, 4]) expect(await projectInTime(service, bot)).toBe(UNKNOWN)
  const told = service.logLines.filter(({ msg }) => /project name is too long/.test(msg))
  expect(told).toEqual([expect.objectContaining({ level: 40, bot_id: '3', max_length: 1000 })])
  expect(failures(service)).toEqual([])
  expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'ok' }])
})

test.for([
  [
    'a name of 12 Mi control characters',
    'mysql',
    mysql.answerMysql(() => mysql.packet(1, `\x02${'\x01'.repeat(12 * 1024 * 1024)}`)),
  ],
  [
    'a name of 12 Mi control characters',
    'postgres',
    postgres.answerPostgres(() => postgres.rows(['21', '\x01'.repeat(12 * 1024 * 1024)])),
  ],
] as const)('%s only costs the name: %s', async ([, scheme, answer]) => {
  const { port } = await startServer(answer)
  const service = await startTestService({ DATABASE_URL: urlOf(scheme, port) })
  for (const bot of [21, 22]) expect(await projectInTime(service, bot)).toBe(UNKNOWN)
  expect(failures(service)).toEqual([expect.stringMatching(/more than 65536 bytes/)])
})

test('a PostgreSQL server that requests the password in clear text gets it only over TLS', async () => {
  const ask = say(postgres.CLEAR_TEXT_PASSWORD)
  const plain = await startServer(ask)
  const service = await startTestService({ DATABASE_URL: urlOf('postgres', plain.port) })
  expect(await projectInTime(service, 21)).toBe(UNKNOWN)
  expect(failures(service)).toEqual([expect.stringMatching(/clear text.*sslmode=require.*scram-sha-256/)])
  expect(plain.received()).toContain('bob')
  expect(plain.received()).not.toContain(PASSWORD)

  const directory = makeFolder()
  createCertificates(directory, {})
  const [key, cert] = ['key', 'pem'].map((kind) => readFileSync(join(directory, `localhost.${kind}`)))
  let received = ''
  const encrypted = await startServer((socket) => {
    socket.once('data', () => {
      socket.write('S')
      const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ key, cert }) })
      secure
        .on('error', () => {})
        .on('data', (data) => {
          received += data
        })
      ask(secure)
    })
  })
  const other = await startTestService({ DATABASE_URL: urlOf('postgres', encrypted.port, '?sslmode=require') })
  expect(await projectInTime(other, 21)).toBe(UNKNOWN)
  expect(received).toContain(PASSWORD)
})

test('a PostgreSQL server that requests MD5 gets a digest', async () => {
  const { port, received } = await startServer(say(postgres.MD5_PASSWORD))
  const service = await startTestService({ DATABASE_URL: urlOf('postgres', port) })
  expect(await projectInTime(service, 21)).toBe(UNKNOWN)
  expect(received()).toMatch(/md5[0-9a-f]{32}/)
  expect(received()).not.toContain(PASSWORD)
})

const { publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

/** Switches to another plugin than in the greeting, and answers each of the client's packets with one of these. */
const switchTo = (plugin: string, replies: readonly string[]) => (socket: Socket) => {
  const all = [`\xfe${plugin}\0${'s'.repeat(20)}\0`, ...replies]
  let number = 0
  socket.write(mysql.greeting(), 'latin1')
  socket.on('data', () => {
    number += 2
    const reply = all.shift()
    if (reply !== undefined) socket.write(mysql.packet(number, reply), 'latin1')
  })
}

test.for([
  ['mysql_clear_password', [], /clear text/],
  ['caching_sha2_password', ['\x01\x04', `\x01${publicKey}`], /sslmode=require/],
  ['sha256_password', [`\x01${publicKey}`], /sslmode=require/],
] as const)('a MySQL server that requests %s gets no password that it can read', async ([plugin, replies, reason]) => {
  const { port, received } = await startServer(switchTo(plugin, replies))
  const service = await startTestService({ DATABASE_URL: urlOf('mysql', port) })
  expect(await projectInTime(service, 21)).toBe(UNKNOWN)
  expect(failures(service)).toEqual([expect.stringMatching(reason)])
  expect(received()).toContain('bob')
  expect(received()).not.toContain(PASSWORD)
  // Data encrypted with a 2048-bit key has 256 bytes.
  expect(received()).not.toContain('\0\x01\0')
})

test.for([
  ['mysql', (text: string) => (socket: Socket) => socket.write(mysql.packet(0, `\xff\x15\x04${text}`), 'latin1')],
  ['postgres', (text: string) => say(postgres.error(text))],
] as const)(
  'an error message from a %s server is logged as one short line without the password',
  async ([scheme, fail]) => {
    const text = `${PASSWORD} \x1b[31m\r\n${encodeURIComponent(PASSWORD)} \xe2\x80\xae ${'x'.repeat(10_000)}`
    const { port } = await startServer((socket) => void fail(text)(socket))
    const service = await startTestService({ DATABASE_URL: urlOf(scheme, port) })
    expect(await projectInTime(service, 21)).toBe(UNKNOWN)
    const [reason = ''] = failures(service)
    expect(reason).toContain('*** \\u001b[31m\\u000d\\u000a*** \\u202e xxx')
    expect(reason).toHaveLength(300)
    expect(JSON.stringify(service.logLines)).not.toContain('word')
  },
)
