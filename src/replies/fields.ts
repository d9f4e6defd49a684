/**
 * Looks a field up by its dotted path, such as `response.type`.
 *
 * @returns its value as text, or undefined where there is none (absent, null, an object or a list)
 */
export function textAt(event: object, path: string): string | undefined {
  let value: unknown = event
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return typeof value === 'object' || value === undefined ? undefined : String(value)
}
