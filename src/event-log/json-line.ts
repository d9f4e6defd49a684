/**
 * Everything that must not stand in a line as itself: what HTML and terminals act upon, and what reorders or hides
 * text. The first alternatives are the escapes that JSON.stringify itself writes: `\"` and `\\` pass unchanged, the
 * short ones (`\n`) become `\u000a` like the rest.
 */
const SPECIAL = /\\(?:["\\]|u[0-9a-f]{4}|[bfnrt])|[<>&\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\\b': '\\u0008',
  '\\f': '\\u000c',
  '\\n': '\\u000a',
  '\\r': '\\u000d',
  '\\t': '\\u0009',
}

/**
 * Writes a value as one inert line of JSON: a terminal, a web page or a pager that shows it runs nothing and reorders
 * nothing, and parsing it gives back the same value.
 *
 * @param value any JSON value
 * @returns its JSON (RFC 8259) and a line feed, with `< > &` and every character of the Unicode categories Cc, Cf,
 *   Zl, Zp and Cs as `\uXXXX`
 */
export function toJsonLine(value: unknown): string {
  return `${JSON.stringify(value).replace(SPECIAL, escapeSpecial)}\n`
}

function escapeSpecial(found: string): string {
  if (found.startsWith('\\')) return SHORT_ESCAPES[found] ?? found
  let escaped = ''
  for (let unit = 0; unit < found.length; unit++) {
    escaped += `\\u${found.charCodeAt(unit).toString(16).padStart(4, '0')}`
  }
  return escaped
}
