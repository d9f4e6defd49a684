import { type FieldKeys, parsePath, stringAt } from './fields.ts'
import type { Rule } from './rules.ts'
import { containsWords, fold, type SearchableText, toSearchable } from './words.ts'

/** The field that is searched for words; all others are compared as a whole. */
const MESSAGE = 'message'

/** One entry of a rule's `when`, compiled. */
export interface Condition {
  /** The field that it tests. */
  readonly keys: FieldKeys
  /** The values, one of which must match. */
  readonly expected: readonly string[]
  /** Whether the values are words to search for, rather than compared with the whole field. */
  readonly isWordSearch: boolean
  isMetBy(event: ReadableEvent): boolean
}

/** The view of an event that conditions use. */
export interface ReadableEvent {
  stringAt(keys: FieldKeys): string | undefined
  /** The message, prepared for searching; empty if there is none. */
  message(): SearchableText
}

/** Wraps an event for conditions. Its message is prepared at most once, however many rules search it. */
export function toReadableEvent(event: object): ReadableEvent {
  let message: SearchableText | undefined
  return {
    stringAt: (keys) => stringAt(event, keys),
    message() {
      message ??= toSearchable(stringAt(event, [MESSAGE]) ?? '')
      return message
    },
  }
}

/**
 * Compiles a rule's `when`. Evaluating it takes time linear in the length of the event's strings, since it only
 * compares and searches, without regular expressions.
 */
export function compileWhen(when: Rule['when']): Condition[] {
  return Object.entries(when ?? {}).map(([path, values]) => {
    const expected = [values].flat().map(String)
    // Validation has rejected invalid paths; without it, such a condition is never met.
    return path === MESSAGE ? messageCondition(expected) : fieldCondition(parsePath(path) ?? [], expected)
  })
}

/** @returns the conditions that the event does not meet; none if the rule applies */
export function unmetConditions(conditions: readonly Condition[], event: ReadableEvent): Condition[] {
  return conditions.filter((condition) => !condition.isMetBy(event))
}

function fieldCondition(keys: FieldKeys, expected: readonly string[]): Condition {
  const patterns = expected.map(parsePattern)
  return {
    keys,
    expected,
    isWordSearch: false,
    isMetBy(event) {
      const value = event.stringAt(keys)
      return (
        value !== undefined &&
        patterns.some(({ text, isPrefix }) => (isPrefix ? value.startsWith(text) : value === text))
      )
    },
  }
}

/** Searches the visitor's message for words or phrases, ignoring case; `refund*` also finds "refunds". */
function messageCondition(expected: readonly string[]): Condition {
  const patterns = expected.map(parsePattern).map(({ text, isPrefix }) => ({ words: fold(text).trim(), isPrefix }))
  return {
    keys: [MESSAGE],
    expected,
    isWordSearch: true,
    isMetBy(event) {
      const message = event.message()
      return patterns.some(({ words, isPrefix }) =>
        words === '' ? isPrefix && message.text !== '' : containsWords(message, words, isPrefix),
      )
    },
  }
}

function parsePattern(pattern: string): { text: string; isPrefix: boolean } {
  const isPrefix = pattern.endsWith('*')
  return { text: isPrefix ? pattern.slice(0, -1) : pattern, isPrefix }
}
