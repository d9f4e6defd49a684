import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type FileContent, readContent, readContentSync } from '../../src/lib/file-content.ts'
import { makeFolder } from '../support/folder.ts'

type Read = (file: string, maxBytes: number) => FileContent | Promise<FileContent>

const reads: [string, Read][] = [
  ['readContent', readContent],
  ['readContentSync', readContentSync],
]

test.for(reads)('%s returns the content of a file up to the limit, and rejects a larger one', async ([, read]) => {
  const file = `${makeFolder()}/file`
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), fc.nat(40), async (bytes, limit) => {
      writeFileSync(file, bytes)
      const expected =
        bytes.length > limit
          ? { unreadable: `${file} is larger than ${limit} bytes. Is it the right file?` }
          : { bytes: Buffer.from(bytes) }
      expect(await read(file, limit)).toEqual(expected)
    }),
  )
})

test.for(reads)('%s says why a file cannot be read', async ([, read]) => {
  const folder = makeFolder()
  writeFileSync(`${folder}/file`, '')
  const path = resolve(folder, 'none')
  expect(await read(path, 10)).toEqual({ unreadable: `The file ${path} does not exist.`, isMissing: true })
  const below = `${folder}/file/below`
  expect(await read(below, 10)).toEqual({ unreadable: `The file ${below} does not exist.`, isMissing: false })
  mkdirSync(`${folder}/directory`)
  expect(await read(`${folder}/directory`, 10)).toMatchObject({
    unreadable: expect.stringMatching(/directory (is not a file|cannot be read: it is a directory)\.$/),
  })
})

test('a large file is read completely', () => {
  const file = `${makeFolder()}/large`
  const bytes = Buffer.from(Array.from({ length: 200_001 }, (_, index) => index % 251))
  writeFileSync(file, bytes)
  expect(readContentSync(file, 200_001)).toEqual({ bytes })
  expect(readContentSync(file, 200_000)).toHaveProperty('unreadable')
})

test('a pipe is read at startup, but never while the service runs, where it could block', async () => {
  const pipe = `${makeFolder()}/pipe`
  execFileSync('mkfifo', [pipe])
  expect(await readContent(pipe, 100)).toEqual({ unreadable: `${pipe} is not a file.` })
  spawn('sh', ['-c', 'printf secret > "$0"', pipe])
  expect(readContentSync(pipe, 100)).toEqual({ bytes: Buffer.from('secret'), isPipe: true })
})
