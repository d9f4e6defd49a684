/** The search for words in what a visitor wrote. */

/** 30 marks on one letter are no word of any language: Unicode's bound for text that is safe to normalize (UAX #15, D4). */
const LONG_RUN_OF_MARKS = /\p{M}{30}/gu
const GRAPHEME_JOINER = '\u034f'

/**
 * Brings a text into the form that is searched: letter case, the way an accent is encoded, full-width letters, runs
 * of white space and typographic apostrophes make no difference.
 */
export function fold(text: string): string {
  return text
    .replace(LONG_RUN_OF_MARKS, `$&${GRAPHEME_JOINER}`) // normalize() needs quadratic time for a long run
    .normalize('NFKC')
    .toUpperCase() // first, so that ß and SS are the same
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replaceAll('’', "'")
    .replace(/\s+/g, ' ')
}

/**
 * Tells whether words, or a phrase, stand in a text: not as part of longer words, unless the end is open.
 *
 * @param text folded
 * @param words folded, and not empty
 * @param open whether the last word may go on
 */
export function holdsWords(text: string, words: string, open: boolean): boolean {
  for (let at = text.indexOf(words); at !== -1; at = text.indexOf(words, at + 1)) {
    if (isBoundary(text, at) && (open || isBoundary(text, at + words.length))) return true
  }
  return false
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
  const codePoint = text.codePointAt(at)
  return codePoint === undefined ? '' : String.fromCodePoint(codePoint)
}

function characterBefore(text: string, at: number): string {
  const isLowSurrogate = (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00
  return at === 0 ? '' : characterAt(text, isLowSurrogate && at > 1 ? at - 2 : at - 1)
}
