const WORD = String.raw`[\p{L}\p{M}\p{N}_-]+`
const KEY = `${WORD}(?: ${WORD})*`
const PATH = new RegExp(String.raw`^${KEY}(?:\.${KEY})*$`, 'u')

/** The keys that lead to a field. */
export type FieldKeys = readonly string[]

/**
 * Reads a field's dotted path, such as `response.type`.
 *
 * @returns its keys, or undefined if it is none
 */
export function parsePath(path: string): FieldKeys | undefined {
  return PATH.test(path) ? path.split('.') : undefined
}

/**
 * Looks a field up. Only what the event itself holds counts, never what JavaScript gives every object.
 *
 * @returns its value as text, or undefined where there is none (absent, null, an object or a list)
 */
export function textAt(event: object, keys: FieldKeys): string | undefined {
  let value: unknown = event
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return typeof value === 'object' || value === undefined ? undefined : String(value)
}
