import { type FieldKeys, parsePath, textAt } from './fields.ts'

interface Placeholder {
  readonly keys: FieldKeys
  readonly fallback: string
}

type Part = string | Placeholder

/** Makes a text from an event. */
export type Template = (event: object) => string

/**
 * Reads a template: text with `{{ticket_number}}`, `{{ticket_data.name}}` or, for when the field is absent or empty,
 * `{{ticket_data.name | friend}}`.
 *
 * @returns its parts in their order, and what is wrong with it, if anything is
 */
export function parseTemplate(template: string): { parts: Part[]; error?: string } {
  const parts: Part[] = []
  let rest = 0
  for (let open = template.indexOf('{{'); open !== -1; open = template.indexOf('{{', rest)) {
    const close = template.indexOf('}}', open)
    if (close === -1) return { parts, error: 'has a {{ without its }}; write a field like {{ticket_data.name}}' }
    const inside = template.slice(open + 2, close)
    if (inside.includes('{{')) {
      return {
        parts,
        error: 'has a {{ inside {{ }}, where a text must stand; write a field like {{ticket_data.name}}',
      }
    }
    const [path = '', ...fallback] = inside.split('|')
    const keys = parsePath(path.trim())
    if (!keys) {
      return { parts, error: `has {{${path.trim()}}}, which names no field; write it like {{ticket_data.name}}` }
    }
    parts.push(template.slice(rest, open), { keys, fallback: fallback.join('|').trim() })
    rest = close + 2
  }
  parts.push(template.slice(rest))
  return { parts }
}

/** @returns the paths of the fields that a template repeats */
export function fieldsOf(template: string): string[] {
  return parseTemplate(template).parts.flatMap((part) => (typeof part === 'string' ? [] : [part.keys.join('.')]))
}

/**
 * Prepares a template that {@link parseTemplate} finds no error in.
 *
 * @param isTrusted tells of a field whether its text may stand in HTML as it is; any other text is escaped
 */
export function compileTemplate(template: string, isTrusted: (keys: FieldKeys) => boolean): Template {
  const fillers = parseTemplate(template).parts.map((part): Template => {
    if (typeof part === 'string') return () => part
    const { keys, fallback } = part
    const prepare = isTrusted(keys) ? (text: string) => text : escapeHtml
    return (event) => prepare(textAt(event, keys) ?? '') || fallback
  })
  return (event) => fillers.map((fill) => fill(event)).join('')
}

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#039;',
}

/** Escapes as PHP's htmlspecialchars does, which the documentation asks for. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML_ESCAPES[character] ?? character)
}
