/** The README, and the links in all documents, are correct. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parse } from 'dotenv'
import { expect, test } from 'vitest'
import { settingNames } from '../../src/config/schema.ts'
import { checkRepliesFile } from '../../src/replies/replies-file.ts'
import { makeFolder, readRecords } from '../support/folder.ts'
import { startTestService } from '../support/service.ts'

const readme = readFileSync('README.md', 'utf8')
const NOT_LISTED = ['NODE_ENV']
const testFiles = readdirSync('test', { recursive: true, encoding: 'utf8' }).map((path) => basename(path))

test('the README is short', () => {
  expect(readme.split('\n').length - 1).toBeLessThanOrEqual(150)
})

test('the four calls in the README return the responses and store the record shown there', async () => {
  const calls = [
    ...readme.matchAll(/curl http:\S+ -H "Authorization: Bearer \$TOKEN" -d '([^']*)'\n```\n```json\n(.*)\n```/g),
  ]
  expect(calls).toHaveLength(4)
  const service = await startTestService()
  for (const [, body = '', response] of calls) expect(await (await service.post(body)).text()).toBe(response)

  const [, line = ''] = readme.match(/`logs\/tickets\.jsonl`:\n```json\n(.*)\n```/) ?? []
  const [record] = readRecords(service.logDir, 'tickets.jsonl')
  const shown = JSON.parse(line)
  expect(Object.keys(shown)).toEqual(Object.keys(record))
  expect([shown.data, shown.event_id]).toEqual([record.data, record.event_id])
})

test.for(['a token # a comment', "'a # token'", '"a # token"  # a comment'])(
  'the command in the README reads the token from .env as the service does: %s',
  (value) => {
    const [, command = ''] = readme.match(/^TOKEN=\$\((.*)\)$/m) ?? []
    const cwd = makeFolder()
    const file = `# WEBHOOK_SECRET=no\nexport WEBHOOK_SECRET=${value}\n`
    writeFileSync(join(cwd, '.env'), file)
    const output = execFileSync('sh', ['-c', command], { cwd, env: { PATH: process.env.PATH } })
    expect(String(output)).toBe(`${parse(file).WEBHOOK_SECRET}\n`)
  },
)

test('the rules in the README are valid', () => {
  const [, rules = ''] = readme.match(/```json\n(\{\n {2}"rules"[\s\S]*?)```/) ?? []
  expect(checkRepliesFile({ bytes: Buffer.from(rules) }, 'README.md').warnings).toEqual([])
})

test('the README, .env.example and the service have the same settings', () => {
  const table = readme.slice(readme.indexOf('## Settings'), readme.indexOf('## Reading the logs'))
  const inTable = [...table.matchAll(/^\| ([^|]*) \|/gm)].flatMap(
    ([, names = '']) => names.match(/[A-Z][A-Z_]+/g) ?? [],
  )
  const inExample = [...readFileSync('.env.example', 'utf8').matchAll(/^#? ?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name)
  const expected = settingNames.filter((name) => !NOT_LISTED.includes(name)).sort()
  expect(inTable.sort()).toEqual(expected)
  expect(inExample.sort()).toEqual(expected)
})

test.for([
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'docs/architecture.md',
  'docs/deploy.md',
  'docs/events.md',
  'docs/extending.md',
  'docs/from-php.md',
  'docs/performance.md',
  'docs/personal-data.md',
  'docs/reliability.md',
])('every link and path in %s exists', (document) => {
  const text = readFileSync(document, 'utf8')
  for (const [, target = ''] of text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)) {
    expect(existsSync(join(dirname(document), target)), target).toBe(true)
  }
  for (const [, file = ''] of text.matchAll(/`((?:test|src|docs|scripts|bench)\/[\w./-]+)`/g)) {
    if (file.includes('on-chat-rated')) continue // created by a developer who follows the guide
    expect(existsSync(file), file).toBe(true)
  }
  for (const [, file] of text.matchAll(/`([\w-]+\.(?:test|slow)\.ts)`/g)) expect(testFiles).toContain(file)
})
