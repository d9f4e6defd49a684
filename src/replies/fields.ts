const WORD = String.raw`[\p{L}\p{M}\p{N}_-]+`
const KEY = `${WORD}(?: ${WORD})*`
const PATH = new RegExp(String.raw`^${KEY}(?:\.${KEY})*$`, 'u')

/** The keys that lead to a field. */
export type FieldKeys = readonly string[]

/**
 * Parses a field's dotted path, such as `response.type`.
 *
 * @returns its keys, or undefined if the path is invalid
 */
export function parsePath(path: string): FieldKeys | undefined {
  return PATH.test(path) ? path.split('.') : undefined
}

/**
 * Looks up a field. Considers only own properties, never those that JavaScript objects inherit.
 *
 * @returns its value as a string, or undefined if it is absent, null, an object or an array
 */
export function stringAt(event: object, keys: FieldKeys): string | undefined {
  let value: unknown = event
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return typeof value === 'object' || value === undefined ? undefined : String(value)
}
