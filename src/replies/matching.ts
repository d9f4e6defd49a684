import { type FieldKeys, parsePath, textAt } from './fields.ts'
import type { Rule } from './rules.ts'
import { fold, holdsWords, type SearchableText, searchable } from './words.ts'

/** The field that is searched for words; any other is compared as a whole. */
const MESSAGE = 'message'

/** One line of a rule's `when`, ready to be judged. */
export interface Condition {
  /** The field that it judges. */
  readonly keys: FieldKeys
  /** One of these must match. */
  readonly wanted: readonly string[]
  /** Whether they are searched for as words, rather than compared with the whole text. */
  readonly searchesWords: boolean
  holds(event: ReadableEvent): boolean
}

/** An event as conditions read it. */
export interface ReadableEvent {
  textAt(keys: FieldKeys): string | undefined
  /** The message, prepared for the search; empty if there is none. */
  message(): SearchableText
}

/** Makes an event readable. Its message is prepared at most once, however many rules search it. */
export function readable(event: object): ReadableEvent {
  let message: SearchableText | undefined
  return {
    textAt: (keys) => textAt(event, keys),
    message() {
      message ??= searchable(textAt(event, [MESSAGE]) ?? '')
      return message
    },
  }
}

/**
 * Prepares a rule's `when`. Judging an event then takes time that is linear in its texts: there are no regular
 * expressions, only comparing and searching.
 */
export function compileWhen(when: Rule['when']): Condition[] {
  return Object.entries(when ?? {}).map(([path, expected]) => {
    const wanted = [expected].flat().map(String)
    // A path that is none leads nowhere; a rule that was checked has no such path.
    return path === MESSAGE ? messageCondition(wanted) : fieldCondition(parsePath(path) ?? [], wanted)
  })
}

/** @returns the conditions that do not hold; none if the rule applies */
export function unmetConditions(conditions: readonly Condition[], event: ReadableEvent): Condition[] {
  return conditions.filter((condition) => !condition.holds(event))
}

function fieldCondition(keys: FieldKeys, wanted: readonly string[]): Condition {
  const patterns = wanted.map(parseWanted)
  return {
    keys,
    wanted,
    searchesWords: false,
    holds(event) {
      const found = event.textAt(keys)
      return found !== undefined && patterns.some(({ text, open }) => (open ? found.startsWith(text) : found === text))
    },
  }
}

/** What a visitor wrote is searched for words, or phrases, without regard to case; `refund*` also finds "refunds". */
function messageCondition(wanted: readonly string[]): Condition {
  const patterns = wanted.map(parseWanted).map(({ text, open }) => ({ words: fold(text).trim(), open }))
  return {
    keys: [MESSAGE],
    wanted,
    searchesWords: true,
    holds(event) {
      const found = event.message()
      return patterns.some(({ words, open }) =>
        words === '' ? open && found.text !== '' : holdsWords(found, words, open),
      )
    },
  }
}

function parseWanted(wanted: string): { text: string; open: boolean } {
  const open = wanted.endsWith('*')
  return { text: open ? wanted.slice(0, -1) : wanted, open }
}
