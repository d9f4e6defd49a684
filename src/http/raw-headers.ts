/**
 * Returns every value of a header, in order. Only the raw headers preserve repeated ones: elsewhere, Node.js joins or
 * drops them.
 *
 * @param rawHeaders alternating names and values, as Node.js provides them
 * @param name in lower case
 */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index] ?? ''
    if (candidate.length === name.length && candidate.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? '')
  }
  return values
}
