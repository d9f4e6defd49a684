import { isRepeatable, timeFields } from '../../events/identity.ts'
import { UsageError } from '../failure.ts'

/** A field to set, from `--set path=value`. */
export interface Assignment {
  readonly path: readonly string[]
  readonly value: unknown
}

/**
 * Parses `ticket_data.name=Jane`. A value that is valid JSON (`7`, `true`, `null`, `{"a":1}`) is parsed, any other is a
 * string.
 *
 * @throws UsageError
 */
export function parseAssignment(text: string): Assignment {
  const equals = text.indexOf('=')
  const path = text.slice(0, Math.max(0, equals)).split('.')
  if (path.includes('')) {
    throw new UsageError(`--set requires a field and a value, as in --set ticket_data.name="Jane" (it is ${text}).`)
  }
  return { path, value: parseValue(text.slice(equals + 1)) }
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/**
 * @returns a copy of the event with the field set. Missing objects on its path are created; an array remains one if the
 *   key is the index of an element, or of the next one
 */
export function setField(target: unknown, { path, value }: Assignment): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  const copy = Array.isArray(target) && isIndex(key, target) ? [...target] : copyObject(target)
  const before = Object.getOwnPropertyDescriptor(copy, key)?.value
  // Defined rather than assigned, so that a key can be named __proto__ to see it rejected.
  const descriptor = { value: setField(before, { path: rest, value }), enumerable: true, writable: true }
  return Object.defineProperty(copy, key, { ...descriptor, configurable: true })
}

function isIndex(key: string, array: readonly unknown[]): boolean {
  return /^\d+$/.test(key) && Number(key) <= array.length
}

function copyObject(value: unknown): object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

/** Whether an event has a time field. */
export function hasTime(event: object): boolean {
  return timeFields.some((field) => Object.hasOwn(event, field))
}

/** @returns a copy of the event with this time in each of its time fields */
export function withTime(event: object, time: string): Readonly<Record<string, unknown>> {
  const fresh = timeFields.filter((field) => Object.hasOwn(event, field)).map((field) => [field, time])
  return { ...event, ...Object.fromEntries(fresh) }
}

/**
 * @returns a copy of the event with this time, so that it does not count as a redelivery; a time field is added if it
 *   would count as one without it
 */
export function toNewEvent(event: object, time: string): Readonly<Record<string, unknown>> {
  const dated = withTime(event, time)
  return isRepeatable(dated) && !hasTime(dated) ? { ...dated, timestamp: time } : dated
}

/** Creates a clock that returns ISO 8601 times and never repeats one, since events with equal times may count as one. */
export function createUniqueClock(now: () => number): () => string {
  let last = Number.NEGATIVE_INFINITY
  return () => {
    last = Math.max(now(), last + 1)
    return new Date(last).toISOString()
  }
}
