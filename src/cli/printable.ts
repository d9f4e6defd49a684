/** What a terminal acts upon, and what hides or reorders text, is shown as \uXXXX. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/gu, (found) =>
    [...Array(found.length).keys()]
      .map((unit) => `\\u${found.charCodeAt(unit).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}
