import { escapeLong } from './escape-long.ts'

/**
 * Characters that must be escaped in a line, because HTML or terminals interpret them, or because they reorder or hide
 * text. JSON.stringify has already escaped most control characters; its short escapes, such as `\n`, become `\u000a`
 * like the rest. `\\` is matched so that the `\` before an `n` is known to start an escape.
 */
const SPECIAL = /\\[\\bfnrt]|[<>&\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The frequent escapes, and those that cannot be computed from the character code. */
const ESCAPES: Readonly<Record<string, string>> = {
  '\\\\': '\\\\',
  '\\b': '\\u0008',
  '\\f': '\\u000c',
  '\\n': '\\u000a',
  '\\r': '\\u000d',
  '\\t': '\\u0009',
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
}

/** The characters of JSON in printable ASCII that may need escaping. */
const PLAIN_EXCEPTIONS = ['\\', '<', '>', '&', '\x7f']

/** From this many UTF-16 units on, a table is faster than a regular expression, even if it must be built first. */
const LONG = 1 << 14

/**
 * Serializes a value as inert JSON: a terminal, web page or pager that shows it neither executes nor reorders anything.
 * Parsing it returns the same value.
 *
 * @param value any JSON value
 * @returns its JSON (RFC 8259) on one line, with `< > &` and every character of the Unicode categories Cc, Cf, Zl, Zp
 *   and Cs as `\uXXXX`
 */
export function toInertJson(value: unknown): string {
  const json = JSON.stringify(value)
  if (isPlain(json)) return json
  return json.length < LONG ? json.replace(SPECIAL, escapeSpecial) : escapeLong(json)
}

/** Detects most strings that need no escaping: a few searches are cheaper than a regular expression. */
function isPlain(json: string): boolean {
  const isAscii = Buffer.byteLength(json) === json.length
  return isAscii && !PLAIN_EXCEPTIONS.some((special) => json.includes(special))
}

function escapeSpecial(found: string): string {
  const known = ESCAPES[found]
  if (known !== undefined) return known
  const first = escapeUnit(found.charCodeAt(0))
  return found.length === 1 ? first : first + escapeUnit(found.charCodeAt(1))
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`
}
