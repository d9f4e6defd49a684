import { isUtf8 } from 'node:buffer'
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser'

const MAX_DEPTH = 512
const TOO_DEEP = `the body is nested more than ${MAX_DEPTH} levels deep`

/** The body is not acceptable JSON. The message says what was found, and where. */
export class JsonBodyError extends Error {
  override readonly name = 'JsonBodyError'
}

/**
 * Parses a body as JSON, slightly more strictly than PHP's json_decode.
 *
 * @throws JsonBodyError
 */
export function parseJsonBody(body: Buffer): unknown {
  const text = decodeUtf8(body)
  const value = parseText(text)
  const problem = findProblem(value, 1)
  if (problem) throw new JsonBodyError(problem === TOO_DEEP ? (locateDepth(text) ?? problem) : problem)
  if (isFalsyInPhp(value)) throw new JsonBodyError(`the body is ${JSON.stringify(value)}, which is not an event`)
  return value
}

function decodeUtf8(body: Buffer): string {
  if (body.length === 0) throw new JsonBodyError('the body is empty')
  if (body[0] === 0x1f && body[1] === 0x8b)
    throw new JsonBodyError('the body is compressed with gzip; send it uncompressed')
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) {
    throw new JsonBodyError('the body starts with a byte order mark; send it without one')
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

/** JSON.parse does not always report a position, and its messages differ between Node.js versions. */
function locateError(text: string): string | undefined {
  const errors: ParseError[] = []
  try {
    parse(text, errors, { disallowComments: true })
  } catch {
    return undefined // too deeply nested for the parser's stack
  }
  const [first] = errors
  if (!first) return undefined
  const found =
    first.offset < text.length ? JSON.stringify(String.fromCodePoint(text.codePointAt(first.offset) ?? 0)) : 'the end'
  const reason = printParseErrorCode(first.error).replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return `${reason} at ${positionOf(text, first.offset)}: found ${found}`
}

/** Finds where a body becomes nested too deeply, without recursion. */
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
    if (depth > MAX_DEPTH) return `${TOO_DEEP} at ${positionOf(text, at)}`
  }
  return undefined
}

function positionOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n')
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}

/** @returns what is not allowed in a body, although it is valid JSON */
function findProblem(value: unknown, depth: number): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'a number is too large'
  if (typeof value !== 'object' || value === null) return undefined
  if (depth > MAX_DEPTH) return TOO_DEEP
  if (Object.hasOwn(value, '__proto__')) return 'a key is named __proto__'
  for (const item of Object.values(value)) {
    const problem = findProblem(item, depth + 1)
    if (problem) return problem
  }
  return undefined
}

/** The PHP sample treats every value that is falsy in PHP as a missing payload. */
function isFalsyInPhp(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return !value || value === '0'
}
