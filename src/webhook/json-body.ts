import { isUtf8 } from 'node:buffer'
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser'

const MAX_DEPTH = 512
const TOO_DEEP = `the body is nested deeper than ${MAX_DEPTH}`

/** Why a body is no acceptable JSON: what was found, and where. */
export class JsonBodyError extends Error {
  override readonly name = 'JsonBodyError'
}

/**
 * Reads a body as JSON, as strictly as PHP's json_decode and a little more.
 *
 * @throws JsonBodyError that says what was found and where
 */
export function parseJsonBody(body: Buffer): unknown {
  const text = decodeUtf8(body)
  const value = parseText(text)
  const flaw = findProblem(value, 1)
  if (flaw) throw new JsonBodyError(flaw === TOO_DEEP ? (locateDepth(text) ?? flaw) : flaw)
  if (countsAsNothing(value)) throw new JsonBodyError(`the body is ${JSON.stringify(value)}, which holds no event`)
  return value
}

function decodeUtf8(body: Buffer): string {
  if (body.length === 0) throw new JsonBodyError('the body is empty')
  if (body[0] === 0x1f && body[1] === 0x8b)
    throw new JsonBodyError('the body is compressed with gzip; send it as it is')
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) {
    throw new JsonBodyError('the body begins with a byte order mark; send it without')
  }
  if (!isUtf8(body)) throw new JsonBodyError('the body is not UTF-8')
  return body.toString()
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const located = locateError(text) ?? locateDepth(text)
    throw new JsonBodyError(located ?? (error instanceof Error ? error.message : 'the body is not JSON'))
  }
}

/** JSON.parse does not always say where it stopped, and its words differ from one Node.js to the next. */
function locateError(text: string): string | undefined {
  const errors: ParseError[] = []
  try {
    parse(text, errors, { disallowComments: true })
  } catch {
    return undefined // nested so deeply that the parser's stack ends
  }
  const [first] = errors
  if (!first) return undefined
  const found =
    first.offset < text.length ? JSON.stringify(String.fromCodePoint(text.codePointAt(first.offset) ?? 0)) : 'the end'
  const words = printParseErrorCode(first.error).replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return `${words} at ${place(text, first.offset)}: found ${found}`
}

/** Finds where a body becomes too deep, without recursion. */
function locateDepth(text: string): string | undefined {
  let depth = 0
  let insideString = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (insideString && character === '\\') at++
    else if (character === '"') insideString = !insideString
    else if (insideString) continue
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    if (depth > MAX_DEPTH) return `${TOO_DEEP} at ${place(text, at)}`
  }
  return undefined
}

function place(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n')
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}

/** @returns what must not stand in a body although it parses */
function findProblem(value: unknown, depth: number): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'a number is too large'
  if (typeof value !== 'object' || value === null) return undefined
  if (depth > MAX_DEPTH) return TOO_DEEP
  if (Object.hasOwn(value, '__proto__')) return 'a key is named __proto__'
  for (const item of Object.values(value)) {
    const flaw = findProblem(item, depth + 1)
    if (flaw) return flaw
  }
  return undefined
}

/** What PHP takes for false, the sample takes for no payload. */
function countsAsNothing(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return !value || value === '0'
}
