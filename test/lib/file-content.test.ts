import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdirSync, openSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { type FileContent, isSameContent, readContent, readContentSync } from '../../src/lib/file-content.ts'
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
  // As from "$UNSET" on a command line: not the current directory.
  expect(await read('', 10)).toMatchObject({ unreadable: 'The path is empty. Give the path of a file.' })
  mkdirSync(`${folder}/directory`)
  expect(await read(`${folder}/directory`, 10)).toMatchObject({
    unreadable: expect.stringMatching(/directory (is not a file|cannot be read: it is a directory)\.$/),
  })
})

test('a large file is read completely', async () => {
  const file = `${makeFolder()}/large`
  const bytes = Buffer.from(Array.from({ length: 200_001 }, (_, index) => index % 251))
  writeFileSync(file, bytes)
  expect(isSameContent(readContentSync(file, 200_001), { bytes })).toBe(true)
  expect(readContentSync(file, 200_000)).toHaveProperty('unreadable')
  expect(isSameContent(await readContent(file, 200_001), { bytes })).toBe(true)
})

test('a pipe is read at startup, but never while the service runs, where it could block', async () => {
  const pipe = `${makeFolder()}/pipe`
  execFileSync('mkfifo', [pipe])
  expect(await readContent(pipe, 100)).toEqual({ unreadable: `${pipe} is not a file.` })
  spawn('sh', ['-c', 'printf secret > "$0"', pipe])
  expect(readContentSync(pipe, 100)).toEqual({ bytes: Buffer.from('secret'), isPipe: true })
})

test('a file that is replaced by a pipe while it is read blocks nothing', async () => {
  const folder = makeFolder()
  const [file, pipe, link] = [`${folder}/file`, `${folder}/pipe`, `${folder}/link`]
  writeFileSync(file, 'text')
  execFileSync('mkfifo', [pipe])
  // Frees a thread that waits for a writer.
  onTestFinished(() => closeSync(openSync(pipe, constants.O_RDWR)))
  const pointTo = (target: string) => {
    symlinkSync(target, `${link}.new`)
    renameSync(`${link}.new`, link)
  }
  for (let round = 0; round < 200; round++) {
    pointTo(file)
    const reading = readContent(link, 100)
    for (let turn = 0; turn < round % 5; turn++) await new Promise(setImmediate)
    pointTo(pipe)
    const content = await reading
    if ('bytes' in content) expect(content.bytes.toString()).toBe('text')
    else expect(content.unreadable).toBe(`${link} is not a file.`)
  }
})

test('at startup, a pipe without a writer is given up', () => {
  const pipe = `${makeFolder()}/pipe`
  execFileSync('mkfifo', [pipe])
  expect(readContentSync(pipe, 100, 0)).toEqual({
    unreadable: `${pipe} is a pipe that nothing was written to. Check the command that writes to it.`,
  })
})

test('at startup, a pipe is read to its end, however slow its writer is', () => {
  const pipe = `${makeFolder()}/pipe`
  execFileSync('mkfifo', [pipe])
  spawn('sh', ['-c', 'exec 3> "$0"; printf x >&3; sleep 0.2; printf y >&3; sleep 0.2', pipe])
  expect(readContentSync(pipe, 100)).toEqual({ bytes: Buffer.from('xy'), isPipe: true })
})

test.for(reads)('%s: a socket is not a file', async ([, read]) => {
  const path = `${makeFolder()}/socket`
  const server = createServer().listen(path)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  expect(await read(path, 100)).toEqual({ unreadable: `${path} is not a file.` })
})
