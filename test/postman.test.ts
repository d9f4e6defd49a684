/** The Postman collection is up to date, and its tests pass against the real service. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { expect, test } from 'vitest'
import { buildCollection } from '../scripts/postman-collection.ts'
import { handlers, logFileOf } from '../src/handlers/index.ts'
import { countLines, makeFolder } from './support/folder.ts'
import { startTestService, TOKEN } from './support/service.ts'

interface Auth {
  readonly type: 'bearer' | 'noauth'
  readonly bearer?: readonly { readonly value: string }[]
}

interface Item {
  readonly name: string
  readonly item?: readonly Item[]
  readonly event?: readonly { readonly listen: string; readonly script: { readonly exec: readonly string[] } }[]
  readonly request?: {
    readonly method: string
    readonly auth?: Auth
    readonly header: readonly { readonly key: string; readonly value: string }[]
    readonly body?: { readonly raw: string }
    readonly url: { readonly raw: string }
  }
}

interface Collection extends Item {
  readonly auth: Auth
  readonly variable: readonly { readonly key: string; readonly value: string }[]
}

const committed = readFileSync(new URL('../docs/postman_collection.json', import.meta.url), 'utf8')
const collection: Collection = JSON.parse(committed)

function requestsIn({ item, request, name, ...rest }: Item): Item[] {
  return request ? [{ name, request, ...rest }] : (item ?? []).flatMap(requestsIn)
}

/** The subset of Postman that the collection's scripts use. */
class Postman {
  readonly #variables = new Map<string, string>()
  readonly results: { name: string; failure: string | undefined }[] = []

  constructor(settings: Record<string, string>) {
    for (const { key, value } of collection.variable) this.#variables.set(key, value)
    for (const [key, value] of Object.entries(settings)) this.#variables.set(key, value)
  }

  fill(text: string): string {
    const filled = text.replace(/\{\{([^{}]+)\}\}/g, (_, name: string) => {
      const value = name === '$isoTimestamp' ? new Date().toISOString() : this.#variables.get(name)
      if (value === undefined) throw new Error(`the variable ${name} is not set`)
      return value
    })
    return filled === text ? text : this.fill(filled)
  }

  async send(item: Item): Promise<void> {
    const { request } = item
    if (!request) throw new Error(`${item.name} has no request`)
    this.#run(item, 'prerequest', {})
    const auth = request.auth ?? collection.auth
    const headers = new Headers(request.header.map(({ key, value }) => [key, this.fill(value)]))
    if (auth.type === 'bearer') headers.set('authorization', `Bearer ${this.fill(auth.bearer?.[0]?.value ?? '')}`)
    const body = request.body && this.fill(request.body.raw)
    const response = await fetch(this.fill(request.url.raw), { method: request.method, headers, body: body ?? null })
    const text = await response.text()
    this.#run(item, 'test', {
      response: { code: response.status, headers: response.headers, json: () => JSON.parse(text) },
    })
  }

  #run(item: Item, listen: string, more: object): void {
    const code = item.event?.find((event) => event.listen === listen)?.script.exec.join('\n')
    if (code === undefined) return
    const set = (name: string, value: string) => this.#variables.set(name, value)
    const pm = {
      ...more,
      variables: { set, replaceIn: (text: string) => this.fill(text) },
      collectionVariables: { set },
      expect: (actual: unknown) => ({ to: { eql: (expected: unknown) => assertEqual(actual, expected) } }),
      test: (name: string, check: () => void) => {
        this.results.push({ name: `${item.name}: ${name}`, failure: failureOf(check) })
      },
    }
    runInContext(code, createContext({ pm }))
  }
}

function assertEqual(actual: unknown, expected: unknown): void {
  // Values from another context have different prototypes.
  const own = (value: unknown) => JSON.parse(JSON.stringify(value))
  if (isDeepStrictEqual(own(actual), own(expected))) return
  throw new Error(`${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`)
}

function failureOf(check: () => void): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return String(error)
  }
}

async function sendAll(postman: Postman): Promise<void> {
  for (const item of requestsIn(collection)) {
    await postman.send(item)
    // Two requests in the same millisecond would send the same event.
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

test('the collection is up to date (if not, run: npm run postman)', () => {
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(buildCollection())))
  expect(committed).toBe(`${JSON.stringify(buildCollection(), null, 2)}\n`)
})

test('it contains every example of every event, and every error for a body', () => {
  const names = requestsIn(collection).map(({ name }) => name)
  for (const { title } of Object.values(handlers).flatMap(
    (handler): readonly { title: string }[] => handler.examples,
  )) {
    expect(names).toContain(title)
  }
  for (const error of ['Unauthorized', 'Invalid JSON', 'Invalid event type', 'Missing required', 'Invalid payload']) {
    expect(committed).toContain(error)
  }
})

/** @returns the number of lines in each log file after sending the whole collection once */
function expectedLines(): Record<string, number> {
  const lines: Record<string, number> = {}
  for (const { logFile, examples } of Object.values(handlers)) lines[logFile] = (lines[logFile] ?? 0) + examples.length
  const { logFile } = handlers.on_ticket_created
  lines[logFile] = (lines[logFile] ?? 0) + 1 // for the two requests in "Redelivery"
  const rejected = collection.item?.find(({ name }) => name === 'Rejected requests') ?? { name: 'none' }
  // Unauthenticated requests leave no line.
  lines[logFileOf('rejected')] = requestsIn(rejected).filter(({ request }) => !request?.auth).length
  return lines
}

test('every test passes, also the second time', async () => {
  const service = await startTestService()
  const postman = new Postman({ base_url: new URL(service.url).origin, token: TOKEN })
  await sendAll(postman)
  expect(postman.results.filter(({ failure }) => failure)).toEqual([])
  expect(postman.results.length).toBeGreaterThanOrEqual(2 * requestsIn(collection).length)
  const once = expectedLines()
  expect(countLines(service.logDir)).toEqual(once)

  await sendAll(postman)
  expect(postman.results.filter(({ failure }) => failure)).toEqual([])
  const twice = Object.entries(once).map(([file, lines]) => [file, 2 * lines])
  expect(countLines(service.logDir)).toEqual(Object.fromEntries(twice))
})

test('every test passes if /readyz also reports a project database', async () => {
  const service = await startTestService({ DATABASE_URL: 'mysql://user:password@127.0.0.1:1/projects' })
  const postman = new Postman({ base_url: new URL(service.url).origin, token: TOKEN })
  const response = await fetch(new URL('/readyz', service.url))
  expect(await response.json()).toHaveProperty('database')
  for (const item of requestsIn(collection).filter(({ name }) => name.startsWith('/'))) await postman.send(item)
  expect(postman.results).toHaveLength(4)
  expect(postman.results.filter(({ failure }) => failure)).toEqual([])
})

test('a test fails if the response is different', async () => {
  const file = join(makeFolder(), 'replies.json')
  writeFileSync(file, '{"rules": {"on_ticket_created": [{"reply": "Another reply"}]}}')
  const service = await startTestService({ REPLIES_FILE: file })
  const postman = new Postman({ base_url: new URL(service.url).origin, token: TOKEN })
  for (const item of requestsIn(collection).filter(({ name }) => name === 'A ticket')) await postman.send(item)
  const failed = postman.results.filter(({ failure }) => failure).map(({ name }) => name)
  expect(failed).toEqual(['A ticket: response'])
})

test('its tests fail if the token is wrong', async () => {
  const service = await startTestService()
  const postman = new Postman({ base_url: new URL(service.url).origin, token: 'another-token' })
  await sendAll(postman)
  const failed = postman.results.filter(({ failure }) => failure).map(({ name }) => name)
  expect(failed).toContain('A ticket: status 200')
  expect(failed).toContain('Malformed JSON: status 400')
  expect(failed).not.toContain('No token: status 401')
})
