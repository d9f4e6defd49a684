/** The search for words in what a visitor wrote. */

/**
 * 30 marks on one letter are no word of any language: Unicode's bound for text that is safe to normalize (UAX #15, D4).
 * The four letters are those that normalization turns into marks: Thai and Lao AM, half-width sound marks.
 */
const LONG_RUN_OF_MARKS = /[\p{M}\u0e33\u0eb3\uff9e\uff9f]{30}/gu
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

/** A folded text, and where words begin or end in it. */
export interface SearchableText {
  readonly text: string
  /** 1 at every index where a word may begin or end, from 0 to the text's length. */
  boundaries(): Uint8Array
}

/** Prepares a text for the search. Its boundaries are looked for at most once, and only if some word is found. */
export function searchable(original: string): SearchableText {
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
 * Tells whether words, or a phrase, stand in a text: not as part of longer words, unless the end is open.
 *
 * @param words folded, and not empty
 * @param open whether the last word may go on
 */
export function holdsWords({ text, boundaries }: SearchableText, words: string, open: boolean): boolean {
  let at = text.indexOf(words)
  while (at !== -1) {
    const mayStand = boundaries()
    if (mayStand[at] && (open || mayStand[at + words.length])) return true
    const next = mayStand.indexOf(1, at + 1)
    at = next === -1 ? -1 : text.indexOf(words, next)
  }
  return false
}

const LETTER_OR_DIGIT = /[\p{L}\p{M}\p{N}_]/u
/** Scripts that put no space between words: there, a word may begin and end anywhere. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

function findBoundaries(text: string): Uint8Array {
  const boundaries = new Uint8Array(text.length + 1)
  let at = 0
  let insideWord = false
  for (const character of text) {
    const goesOn = LETTER_OR_DIGIT.test(character) && !UNSPACED.test(character)
    boundaries[at] = insideWord && goesOn ? 0 : 1
    insideWord = goesOn
    at += character.length
  }
  boundaries[at] = 1
  return boundaries
}
