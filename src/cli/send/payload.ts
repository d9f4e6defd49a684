import { isRepeatable, timeFields } from '../../events/identity.ts'
import { UsageError } from '../failure.ts'

/** What `--set path=value` asks for. */
export interface Assignment {
  readonly path: readonly string[]
  readonly value: unknown
}

/**
 * Reads `ticket_data.name=Jane`. A value that is JSON (`7`, `true`, `null`, `{"a":1}`) is taken as that, any other as text.
 *
 * @throws UsageError
 */
export function parseAssignment(text: string): Assignment {
  const equals = text.indexOf('=')
  const path = text.slice(0, Math.max(0, equals)).split('.')
  if (path.includes('')) {
    throw new UsageError(`--set takes a field and its value, such as --set ticket_data.name="Jane" (it is ${text}).`)
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
 * @returns the event with a field set; objects on the way to it are made where there are none, and a list stays one
 *   if the key is an entry of it, or the next one
 */
export function assign(target: unknown, { path, value }: Assignment): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  const copy = Array.isArray(target) && isEntry(key, target) ? [...target] : copyObject(target)
  const before = Object.getOwnPropertyDescriptor(copy, key)?.value
  // Defined, not assigned: a key may be named __proto__ to see it refused.
  const descriptor = { value: assign(before, { path: rest, value }), enumerable: true, writable: true }
  return Object.defineProperty(copy, key, { ...descriptor, configurable: true })
}

function isEntry(key: string, list: readonly unknown[]): boolean {
  return /^\d+$/.test(key) && Number(key) <= list.length
}

function copyObject(value: unknown): object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

/** Whether an event has a field for its time. */
export function hasTime(event: object): boolean {
  return timeFields.some((field) => Object.hasOwn(event, field))
}

/** @returns the event with this time in every field that tells one */
export function withTime(event: object, time: string): Readonly<Record<string, unknown>> {
  const fresh = timeFields.filter((field) => Object.hasOwn(event, field)).map((field) => [field, time])
  return { ...event, ...Object.fromEntries(fresh) }
}

/** @returns an event that is not taken for an earlier one: with this time, which is added if it is known without one */
export function asNewEvent(event: object, time: string): Readonly<Record<string, unknown>> {
  const dated = withTime(event, time)
  return isRepeatable(dated) && !hasTime(dated) ? { ...dated, timestamp: time } : dated
}

/** Gives the time as ISO 8601, and never the same one twice: events of one time would count as one event. */
export function createClock(now: () => number): () => string {
  let last = Number.NEGATIVE_INFINITY
  return () => {
    last = Math.max(now(), last + 1)
    return new Date(last).toISOString()
  }
}
