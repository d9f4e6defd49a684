/** Searches visitors' messages for words. */

/**
 * No language puts 30 marks on one letter: this is Unicode's bound for text that is safe to normalize (UAX #15, D4).
 * The four letters are those that normalization turns into marks: Thai and Lao AM, and the half-width sound marks.
 */
const LONG_RUN_OF_MARKS = /[\p{M}\u0e33\u0eb3\uff9e\uff9f]{30}/gu
const GRAPHEME_JOINER = '\u034f'

/**
 * Normalizes text for searching: eliminates differences in letter case, encoding of accents, full-width letters, runs
 * of white space and typographic apostrophes.
 */
export function fold(text: string): string {
  return text
    .replace(LONG_RUN_OF_MARKS, `$&${GRAPHEME_JOINER}`) // normalize() takes quadratic time for a long run
    .normalize('NFKC')
    .toUpperCase() // first, so that ß equals SS
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replaceAll('’', "'")
    .replace(/\s+/g, ' ')
}

/** Folded text with its word boundaries. */
export interface SearchableText {
  readonly text: string
  /** 1 at each index, from 0 to the text's length, where a word can start or end. */
  boundaries(): Uint8Array
}

/** Prepares text for searching. Its boundaries are computed at most once, and only if needed. */
export function toSearchable(original: string): SearchableText {
  const text = fold(original)
  let boundaries: Uint8Array | undefined
  return {
    text,
    boundaries() {
      boundaries ??= findBoundaries(text)
      return boundaries
    },
  }
}

/**
 * Tests whether text contains a word or phrase that is not part of a longer word.
 *
 * @param words folded and not empty
 * @param isPrefix whether the last word may be longer
 */
export function containsWords({ text, boundaries }: SearchableText, words: string, isPrefix: boolean): boolean {
  let at = text.indexOf(words)
  while (at !== -1) {
    const isBoundary = boundaries()
    if (isBoundary[at] && (isPrefix || isBoundary[at + words.length])) return true
    const next = isBoundary.indexOf(1, at + 1)
    at = next === -1 ? -1 : text.indexOf(words, next)
  }
  return false
}

const LETTER_OR_DIGIT = /[\p{L}\p{M}\p{N}_]/u
/** Scripts without spaces between words, where a word can start and end anywhere. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

function findBoundaries(text: string): Uint8Array {
  const boundaries = new Uint8Array(text.length + 1)
  let at = 0
  let insideWord = false
  for (const character of text) {
    const isPartOfWord = LETTER_OR_DIGIT.test(character) && !UNSPACED.test(character)
    boundaries[at] = insideWord && isPartOfWord ? 0 : 1
    insideWord = isPartOfWord
    at += character.length
  }
  boundaries[at] = 1
  return boundaries
}
