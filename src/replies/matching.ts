import { textAt } from './fields.ts'
import type { Rule } from './rules.ts'

type Value = string | number | boolean
const WORD_FIELD = 'message'

/**
 * Judges a rule's `when` on the event as it came. All of its conditions must hold, and of a list one value. Time is
 * linear in the event's texts.
 *
 * @returns the fields whose conditions do not hold; none if the rule applies
 */
export function unmetConditions(when: Rule['when'], event: object): string[] {
  return Object.entries(when ?? {})
    .filter(([path, expected]) => !holds(path, expected, event))
    .map(([path]) => path)
}

function holds(path: string, expected: Value | Value[], event: object): boolean {
  const text = textAt(event, path)
  if (text === undefined) return false
  const matches = path === WORD_FIELD ? wordMatcher(text) : (wanted: string) => matchesText(text, wanted)
  return [expected].flat().some((wanted) => matches(String(wanted)))
}

function matchesText(text: string, wanted: string): boolean {
  return wanted.endsWith('*') ? text.startsWith(wanted.slice(0, -1)) : text === wanted
}

/** What a visitor wrote is searched for words, or phrases, without regard to case; `refund*` also finds "refunds". */
function wordMatcher(message: string): (wanted: string) => boolean {
  const text = fold(message)
  return (wanted) => {
    const open = wanted.endsWith('*')
    const words = fold(open ? wanted.slice(0, -1) : wanted).trim()
    if (words === '') return open
    for (let at = text.indexOf(words); at !== -1; at = text.indexOf(words, at + 1)) {
      const end = at + words.length
      if (isBoundary(text, at) && (open || isBoundary(text, end))) return true
    }
    return false
  }
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

const LETTER_OR_DIGIT = /[\p{L}\p{M}\p{N}_]/u
/** Scripts that put no space between words: there, a word may begin and end anywhere. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

function isBoundary(text: string, at: number): boolean {
  return !continuesWord(characterBefore(text, at)) || !continuesWord(characterAt(text, at))
}

function continuesWord(character: string): boolean {
  return LETTER_OR_DIGIT.test(character) && !UNSPACED.test(character)
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) ?? 0)
}

function characterBefore(text: string, at: number): string {
  const isLowSurrogate = (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00
  return at === 0 ? '' : characterAt(text, isLowSurrogate ? at - 2 : at - 1)
}
