/**
 * Looks a header up in the one form that still shows doubled ones: Node.js joins or drops them elsewhere.
 *
 * @param rawHeaders names and values in turn, as they came
 * @param name in small letters
 * @returns every value, in the order of the request
 */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name)
}
