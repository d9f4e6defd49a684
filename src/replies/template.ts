import { type FieldKeys, parsePath, stringAt } from './fields.ts'

interface Placeholder {
  readonly keys: FieldKeys
  readonly fallback: string
}

type Part = string | Placeholder

/** Renders a string for an event. */
export type Template = (event: object) => string

/**
 * Parses a template: text with placeholders such as `{{ticket_number}}`, `{{ticket_data.name}}` or, with a fallback for
 * a field that is absent or empty, `{{ticket_data.name | friend}}`.
 *
 * @returns its parts in order and, if it is invalid, the error
 */
export function parseTemplate(template: string): { parts: Part[]; error?: string } {
  const parts: Part[] = []
  let rest = 0
  for (let open = template.indexOf('{{'); open !== -1; open = template.indexOf('{{', rest)) {
    const close = template.indexOf('}}', open)
    if (close === -1) return { parts, error: 'has a {{ without a matching }}; write a field like {{ticket_data.name}}' }
    const inside = template.slice(open + 2, close)
    if (inside.includes('{{')) {
      return {
        parts,
        error: 'has a {{ inside another {{ }}, which is not allowed; write a field like {{ticket_data.name}}',
      }
    }
    const [path = '', ...fallback] = inside.split('|')
    const keys = parsePath(path.trim())
    if (!keys) {
      return {
        parts,
        error: `has {{${path.trim()}}}, which is not a valid field path; write it like {{ticket_data.name}}`,
      }
    }
    parts.push(template.slice(rest, open), { keys, fallback: fallback.join('|').trim() })
    rest = close + 2
  }
  parts.push(template.slice(rest))
  return { parts }
}

/** @returns the paths of the fields in a template */
export function fieldsOf(template: string): string[] {
  return parseTemplate(template).parts.flatMap((part) => (typeof part === 'string' ? [] : [part.keys.join('.')]))
}

/**
 * Compiles a template for which {@link parseTemplate} returns no error.
 *
 * @param isTrusted whether a field is inserted without HTML escaping
 */
export function compileTemplate(template: string, isTrusted: (keys: FieldKeys) => boolean): Template {
  const renderers = parseTemplate(template).parts.map((part): Template => {
    if (typeof part === 'string') return () => part
    const { keys, fallback } = part
    const encode = isTrusted(keys) ? (text: string) => text : escapeHtml
    return (event) => encode(stringAt(event, keys) ?? '') || fallback
  })
  return (event) => renderers.map((render) => render(event)).join('')
}

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#039;',
}

/** Escapes like PHP's htmlspecialchars, which DigiReply's documentation recommends. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML_ESCAPES[character] ?? character)
}
