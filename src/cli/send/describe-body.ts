import { printableLine } from '../../lib/printable.ts'

/** In characters. Enough to recognize a page or a message. */
const MAX_LENGTH = 200

/** @returns JSON, indented; for any other body, which is not the service's, what it is and its title or first line */
export function describeBody(text: string): string {
  return indentJson(text) ?? describeText(text)
}

/** @returns undefined if the text is not JSON */
export function indentJson(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return undefined
  }
}

function describeText(text: string): string {
  if (text.trim() === '') return '(no body)'
  const title = titleOf(text)
  const kind = title === undefined ? 'text' : 'an HTML page'
  return `(${kind}, not JSON) ${printableLine(title ?? firstLine(text), MAX_LENGTH)}`
}

/** @returns the title of an HTML page, or the first line of its text without one; undefined if it is no HTML page */
function titleOf(text: string): string | undefined {
  if (!/^\s*(?:<!--[\s\S]*?-->\s*)?<(?:!doctype html|html|head|title|body|h1)\b/i.test(text)) return undefined
  const title = text.match(/<title[^>]*>([^<]*)/i)?.[1]?.trim()
  return title || firstLine(text.replace(/<[^>]*>/g, '\n'))
}

function firstLine(text: string): string {
  return text.trim().split(/\s*[\r\n]\s*/)[0] ?? ''
}
