import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from '../support/folder.ts'
import { MAIN, RECEIVER } from '../support/process.ts'

type Env = Record<string, string>

/** Runs `config check`, or another script, in a directory with these files, and expects that it creates no others. */
function run(env: Env, files: Record<string, string> = {}, script = [RECEIVER, 'config', 'check']) {
  const cwd = makeFolder()
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content)
  const options = { cwd, env: { PATH: process.env.PATH, ...env }, encoding: 'utf8' } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, script, options)
  expect(readdirSync(cwd).sort()).toEqual(Object.keys(files).sort())
  return { status, stdout, stderr }
}

/** The rows of the table, with runs of spaces collapsed. */
const rowsOf = (stdout: string) =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .map((line) => line.trim().replace(/ +/g, ' '))

test('valid settings are shown with their source, in the order of .env.example, without secrets', () => {
  const { status, stdout, stderr } = run(
    { PORT: '8080', LOG_FSYNC: 'yes', LOG_LEVEL: '', WEBHOOK_SECRET: 'secret-of-the-environment' },
    {
      '.env': 'WEBHOOK_SECRET=secret-of-the-file\nPORT=1\nLOG_LEVEL=debug\nBOT_PROJECTS=\'{"21": "A\u202eB"}\'\n',
    },
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^The settings are valid:\n/)
  const rows = rowsOf(stdout)
  expect(rows).toContain('WEBHOOK_SECRET environment set, 25 characters')
  expect(rows).toContain('PORT environment 8080')
  expect(rows).toContain('HOST default 0.0.0.0')
  expect(rows).toContain('LOG_FSYNC environment true')
  expect(rows).toContain('LOG_LEVEL default info')
  expect(rows).toContain('BOT_PROJECTS .env {"21":"A\\u202eB"}')
  const inExample = [...readFileSync('.env.example', 'utf8').matchAll(/^#? ?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name)
  const names = rows.map((row) => row.split(' ')[0])
  expect(names.filter((name) => name !== 'NODE_ENV')).toEqual(inExample)
})

test('no settings at all are valid, since a first start generates a token', () => {
  const { status, stdout } = run({})
  expect(status).toBe(0)
  expect(rowsOf(stdout)[0]).toBe('WEBHOOK_SECRET default random, generated when the service first starts')
})

test('warnings do not change the exit code', () => {
  const rules = '{"rules":{"on_message_received":[{"when":{"channel":"x"},"reply":"y"}]}}'
  const { status, stdout } = run(
    { REPLIES_FILE: 'replies.json', LOG_LEVL: 'debug', LOGNAME: 'root', HOSTNAME: 'web1' },
    { '.env': 'WEBHOOK_SECRET=short\nLOGDIR=x\n', 'replies.json': rules },
  )
  expect(status).toBe(0)
  expect(stdout.match(/^Warning: .*/gm)).toEqual([
    expect.stringContaining('Did you mean LOG_DIR?'),
    expect.stringContaining('LOG_LEVL in the environment is not a known setting'),
    expect.stringContaining('fewer than 16 characters'),
    expect.stringMatching(/replies\.json, line 1, .*"channel" is not a documented field/),
  ])
})

/** The lines of the message between its first and its last. */
const errorsIn = (message: string) =>
  message
    .trim()
    .split('\n')
    .slice(1, -1)
    .map((line) => line.trim())

test('one message lists every error, the same as at startup, and the exit code is 78', () => {
  const env = { PORT: 'x', LOG_LEVEL: 'loud', REPLIES_FILE: 'replies.json', WEBHOOK_SECRET: '' }
  const files = {
    '.env': 'BOT_PROJECTS={"21":"Project#1"}\nTRUST_PROXY=all\nLOGDIR=x\n',
    'replies.json': '{"rules":\n[]}',
  }
  const { status, stdout, stderr } = run(env, files)
  expect(status).toBe(78)
  expect(stderr.split('\n').map((line) => line.slice(0, 45))).toEqual([
    'Invalid settings:',
    '  BOT_PROJECTS in .env: the value contains a ',
    '  PORT: must be an integer from 0 to 65535 (i',
    '  LOG_LEVEL: must be fatal, error, warn, info',
    '  TRUST_PROXY: must be false, or a comma-sepa',
    '  BOT_PROJECTS: must be a JSON object that ma',
    '  WEBHOOK_SECRET: is not set. Generate a toke',
    '  REPLIES_FILE: replies.json, line 2, column ',
    'Fix these in the environment or in .env. See ',
    '',
  ])
  expect(stdout).toContain('Warning: LOGDIR in .env is not a known setting')
  expect(rowsOf(stdout)).toContain('PORT environment x')
  const started = run(env, files, [MAIN])
  expect({ ...started, stdout: JSON.parse(started.stdout) }).toMatchObject({
    status: 78,
    stdout: { level: 60, msg: 'cannot start: the settings are invalid', errors: errorsIn(stderr) },
    stderr: '',
  })
  // On a terminal, or with --pretty, the message is the same.
  expect(run(env, files, [MAIN, '--pretty'])).toEqual({ status: 78, stdout: '', stderr })
})

test('an unreadable .env is the only error that is reported', () => {
  const cwd = makeFolder()
  const options = { cwd: join(cwd), env: { PATH: process.env.PATH }, encoding: 'utf8' } as const
  spawnSync('mkdir', ['.env'], options)
  const { status, stderr } = spawnSync(process.execPath, [RECEIVER, 'config', 'check'], options)
  expect(status).toBe(78)
  expect(stderr).toMatch(/^Invalid settings:\n {2}\.env cannot be read: it is a directory\. .*\nFix/)
})

const PASSWORD = 'pass-hunter2-word'

test.for<[title: string, env: Env, status: number]>([
  ['valid secrets', { DATABASE_URL: `mysql://bob:${PASSWORD}@db/chat?sslmode=require` }, 0],
  ['a password that is not encoded', { DATABASE_URL: `postgres://bob:x@${PASSWORD}:y@db/chat` }, 0],
  ['a URL made invalid by the password', { DATABASE_URL: `postgres://bob:x/${PASSWORD}@db/chat` }, 78],
  ['an invalid URL', { DATABASE_URL: PASSWORD }, 78],
  ['an invalid token', { WEBHOOK_SECRET: `Bearer ${PASSWORD}` }, 78],
  ['a token instead of its file', { WEBHOOK_SECRET: '', WEBHOOK_SECRET_FILE: PASSWORD }, 78],
  ['tokens instead of a file', { WEBHOOK_SECRET_PREVIOUS: '', WEBHOOK_SECRET_PREVIOUS_FILE: `x\n${PASSWORD}` }, 78],
  ['a key instead of its file', { TLS_CERT_FILE: 'cert.pem', TLS_KEY_FILE: `-----BEGIN X-----\n${PASSWORD}` }, 78],
  ['a key on one line', { TLS_CERT_FILE: 'cert.pem', TLS_KEY_FILE: `-----BEGIN X-----${PASSWORD}` }, 78],
  ['an invalid previous token', { WEBHOOK_SECRET_PREVIOUS: `${PASSWORD}é` }, 78],
])('%s: never printed, whatever else is wrong', ([, env, status]) => {
  const secrets = { WEBHOOK_SECRET: `a-${PASSWORD}`, WEBHOOK_SECRET_PREVIOUS: `b-${PASSWORD}`, ...env }
  const checked = run(secrets)
  expect(checked.status).toBe(status)
  const started = run({ ...secrets, PORT: 'x' }, {}, [MAIN])
  const sent = run({ ...secrets, PORT: 'x' }, {}, [RECEIVER, 'send', 'on_ticket_created'])
  expect([started.status, sent.status]).toEqual([78, 78])
  const printed = [checked, started, sent].flatMap(({ stdout, stderr }) => [stdout, stderr])
  expect(printed.join('\n')).not.toContain('hunter2')
})

test('the paths of secret files are shown, but not their contents', () => {
  const { status, stdout } = run(
    { WEBHOOK_SECRET_FILE: 'secret.txt', WEBHOOK_SECRET_PREVIOUS_FILE: 'old.txt' },
    { 'secret.txt': `${PASSWORD}\n`, 'old.txt': `${PASSWORD}-old\n` },
  )
  expect(status).toBe(0)
  expect(rowsOf(stdout)).toContain('WEBHOOK_SECRET_FILE environment secret.txt')
  expect(rowsOf(stdout)).toContain('WEBHOOK_SECRET_PREVIOUS_FILE environment old.txt')
  expect(stdout).not.toContain('hunter2')
})
