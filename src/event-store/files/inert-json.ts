import { escapeLong } from './escape-long.ts'

/**
 * What must not appear in a line as itself: what HTML and terminals act upon, and what reorders or hides text.
 * JSON.stringify has escaped most control characters already; its short escapes (`\n`) become `\u000a` like the rest.
 * `\\` is matched so that the `\` in front of an `n` is known to begin an escape.
 */
const SPECIAL = /\\[\\bfnrt]|[<>&\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The frequent ones, and those that are not simply the character's number. */
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

/** What can be special in a text of printable ASCII. */
const PLAIN_EXCEPTIONS = ['\\', '<', '>', '&', '\x7f']

/** From this length on a table is faster than a regular expression, even if it has to be built first. In UTF-16 units. */
const LONG = 1 << 14

/**
 * Writes a value as inert JSON: a terminal, a web page or a pager that shows it runs nothing and reorders nothing, and
 * parsing it gives back the same value.
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

/** Whether there is nothing to escape, for most texts: a few searches are cheaper than a regular expression. */
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
