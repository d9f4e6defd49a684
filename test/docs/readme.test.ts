/** The README says what is so. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { settingNames } from '../../src/config/schema.ts'
import { checkRepliesFile } from '../../src/replies/replies-file.ts'
import { readRecords } from '../support/folder.ts'
import { startTestService } from '../support/service.ts'

const readme = readFileSync('README.md', 'utf8')
const FROM_ELSEWHERE = ['NODE_ENV']

test('it is short', () => {
  expect(readme.split('\n').length - 1).toBeLessThanOrEqual(150)
})

test('its four calls get the answers that it shows, and the ticket the line', async () => {
  const calls = [
    ...readme.matchAll(/curl http:\S+ -H "Authorization: Bearer \$TOKEN" -d '([^']*)'\n```\n```json\n(.*)\n```/g),
  ]
  expect(calls).toHaveLength(4)
  const service = await startTestService()
  for (const [, body = '', answer] of calls) expect(await (await service.post(body)).text()).toBe(answer)

  const [, line = ''] = readme.match(/`logs\/tickets\.jsonl`:\n```json\n(.*)\n```/) ?? []
  const [record] = readRecords(service.logDir, 'tickets.jsonl')
  const shown = JSON.parse(line)
  expect(Object.keys(shown)).toEqual(Object.keys(record))
  expect([shown.data, shown.event_id]).toEqual([record.data, record.event_id])
})

test('its rules are good', () => {
  const [, rules = ''] = readme.match(/```json\n(\{\n {2}"rules"[\s\S]*?)```/) ?? []
  expect(checkRepliesFile({ bytes: Buffer.from(rules) }, 'README.md').warnings).toEqual([])
})

test('its table, .env.example and the service know the same settings', () => {
  const table = readme.slice(readme.indexOf('## Settings'), readme.indexOf('## Reading the logs'))
  const inTable = [...table.matchAll(/^\| ([^|]*) \|/gm)].flatMap(
    ([, names = '']) => names.match(/[A-Z][A-Z_]+/g) ?? [],
  )
  const inExample = [...readFileSync('.env.example', 'utf8').matchAll(/^#? ?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name)
  const expected = settingNames.filter((name) => !FROM_ELSEWHERE.includes(name)).sort()
  expect(inTable.sort()).toEqual(expected)
  expect(inExample.sort()).toEqual(expected)
})

test.for([
  'README.md',
  'docs/architecture.md',
  'docs/deploy.md',
  'docs/extending.md',
  'docs/from-php.md',
  'docs/performance.md',
  'docs/reliability.md',
])('what %s links to is there', (document) => {
  const text = readFileSync(document, 'utf8')
  for (const [, target = ''] of text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)) {
    expect(existsSync(join(dirname(document), target)), target).toBe(true)
  }
  for (const [, file = ''] of text.matchAll(/`((?:test|src|docs|scripts|bench)\/[\w./-]+)`/g)) {
    if (file.includes('on-chat-rated')) continue // made by whoever follows the guide
    expect(existsSync(file), file).toBe(true)
  }
})
