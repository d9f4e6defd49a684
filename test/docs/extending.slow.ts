/** The examples in docs/extending.md behave as described. */
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { applyRules, compileRepliesFile } from '../../src/replies/replies.ts'
import { checkRepliesFile } from '../../src/replies/replies-file.ts'
import { decode } from '../../src/webhook/decode.ts'
import { makeFolder } from '../support/folder.ts'

const guide = readFileSync(new URL('../../docs/extending.md', import.meta.url), 'utf8')
const blocks = [...guide.matchAll(/^```json\n(.*?)^```$/gms)].map(([, block = '']) => Buffer.from(block))

/** In the guide, a file of rules comes first, followed by events, each with its reply. */
interface Example {
  readonly file: Buffer
  readonly event: Buffer
  readonly reply: unknown
}

function readExamples(): Example[] {
  const examples: Example[] = []
  let file = Buffer.alloc(0)
  let event: Buffer | undefined
  for (const block of blocks) {
    const content = JSON.parse(String(block))
    if (content.rules) file = block
    else if (content.event_type) event = block
    else if (event) examples.push({ file, event, reply: content })
  }
  return examples
}

test('the guide has as many examples as expected', () => {
  expect(blocks).toHaveLength(19)
  expect(readExamples()).toHaveLength(7)
})

test.for(readExamples())('example %#', ({ file, event, reply }) => {
  const checked = checkRepliesFile({ bytes: file }, 'docs/extending.md')
  expect(checked.warnings).toStrictEqual([])
  expect(applyRules(compileRepliesFile(checked), decode(event)).reply).toStrictEqual(reply)
})

test('the event type added in code compiles and gets its reply', () => {
  const [schema = '', handler = '', entry = ''] = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block)
  const directory = makeFolder()
  for (const name of ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json']) {
    cpSync(name, join(directory, name), { recursive: true })
  }
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'))
  insertBefore(join(directory, 'src/events/schemas.ts'), '])\n\nexport type WebhookEvent', schema)
  writeFileSync(join(directory, 'src/handlers/on-chat-rated.ts'), handler)
  const registry = join(directory, 'src/handlers/index.ts')
  insertBefore(registry, 'import { onLiveChat', "import { onChatRated } from './on-chat-rated.ts'\n")
  insertBefore(registry, '  before_response_sent:', entry)
  writeFileSync(join(directory, 'replies.json'), '{"rules": {"on_chat_rated": [{"reply": "{{stars}} stars!"}]}}')

  const run = (...args: string[]) => String(execFileSync(process.execPath, args, { cwd: directory }))
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json')
  expect(run('dist/cli/receiver.js', 'replies', 'check', 'replies.json', 'on_chat_rated')).toContain(
    '"response": "5 stars!"',
  )
})

function insertBefore(file: string, marker: string, text: string): void {
  const source = readFileSync(file, 'utf8')
  if (source.includes(text)) return // already there for a developer who followed the guide
  expect(source.split(marker)).toHaveLength(2)
  writeFileSync(
    file,
    source.replace(marker, () => text + marker),
  )
}
