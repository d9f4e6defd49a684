/**
 * Looks a header up in the only form that still shows repeated ones: elsewhere Node.js joins or drops them.
 *
 * @param rawHeaders names and values in turn, as they came
 * @param name in lower case
 * @returns every value, in the order of the request
 */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index] ?? ''
    if (candidate.length === name.length && candidate.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? '')
  }
  return values
}
