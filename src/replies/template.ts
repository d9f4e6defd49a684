import { textAt } from './fields.ts'

type Part = { readonly text: string } | { readonly path: string; readonly fallback: string }

const PATH = /^[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*$/

/**
 * Reads a template: text with `{{ticket_number}}`, `{{ticket_data.name}}` or, for when the field is absent,
 * `{{ticket_data.name | friend}}`.
 *
 * @returns its parts, and what is wrong with it, if anything is
 */
export function parseTemplate(template: string): { parts: Part[]; mistake?: string } {
  const parts: Part[] = []
  let rest = 0
  for (let open = template.indexOf('{{'); open !== -1; open = template.indexOf('{{', rest)) {
    const close = template.indexOf('}}', open)
    if (close === -1) return { parts, mistake: 'has a {{ without its }}' }
    const [path = '', ...fallback] = template.slice(open + 2, close).split('|')
    if (!PATH.test(path.trim())) {
      return { parts, mistake: `has {{${path.trim()}}}, which is no field; write it like {{ticket_data.name}}` }
    }
    parts.push({ text: template.slice(rest, open) })
    parts.push({ path: path.trim(), fallback: fallback.join('|').trim() })
    rest = close + 2
  }
  parts.push({ text: template.slice(rest) })
  return { parts }
}

/**
 * Fills a template in from an event.
 *
 * @param isTrusted tells of a path whether its text may stand in HTML as it is; any other text is escaped
 */
export function fillTemplate(template: string, event: object, isTrusted: (path: string) => boolean): string {
  let filled = ''
  for (const part of parseTemplate(template).parts) {
    if ('text' in part) {
      filled += part.text
      continue
    }
    const text = textAt(event, part.path)
    if (text === undefined) filled += part.fallback
    else filled += isTrusted(part.path) ? text : escapeHtml(text)
  }
  return filled
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
