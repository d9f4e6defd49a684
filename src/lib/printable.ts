/** Control, format, private-use and unassigned characters, lone surrogates, and the two separators that break lines. */
const UNPRINTABLE = /\p{C}|[\p{Zl}\p{Zp}]/gu

/** Escapes as \uXXXX whatever a terminal interprets, or hides or reorders text. Keeps \n and \t. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (found) => (found === '\n' || found === '\t' ? found : escapeUnits(found)))
}

/**
 * Makes one printable line out of untrusted text.
 *
 * @param maxLength in UTF-16 units, at least 1
 * @returns like `printable`, but with \n and \t escaped as well; longer text is truncated and ends with `…`
 */
export function printableLine(text: string, maxLength: number): string {
  let line = ''
  let lastCut = 0
  for (const character of text) {
    line += character.replace(UNPRINTABLE, escapeUnits)
    if (line.length > maxLength) return `${line.slice(0, lastCut)}…`
    if (line.length < maxLength) lastCut = line.length
  }
  return line
}

function escapeUnits(text: string): string {
  let escaped = ''
  for (let unit = 0; unit < text.length; unit += 1) {
    escaped += `\\u${text.charCodeAt(unit).toString(16).padStart(4, '0')}`
  }
  return escaped
}
