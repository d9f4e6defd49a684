/**
 * Finds the name that was probably meant by a mistyped one. Upper and lower case are the same.
 *
 * @param charactersPerEdit how similar they must be: in the longer name, so many characters allow for one edit
 * @returns the candidate with the fewest edits (characters deleted, inserted, replaced or swapped), or undefined if
 *   none is close enough
 */
export function nearestName(word: string, candidates: readonly string[], charactersPerEdit = 3): string | undefined {
  let nearest: string | undefined
  let fewest = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const most = Math.max(word.length, candidate.length) / charactersPerEdit
    if (Math.abs(word.length - candidate.length) > most) continue // the environment may have thousands of names
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (edits >= fewest || edits > most) continue
    nearest = candidate
    fewest = edits
  }
  return nearest
}

/** The optimal string alignment distance: Levenshtein distance, with a swap of adjacent characters as one edit. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1)
      let best = Math.min(replaced, at(last, column) + 1, at(current, column - 1) + 1)
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (isSwap) best = Math.min(best, at(beforeLast, column - 2) + 1)
      current.push(best)
    }
    beforeLast = last
    last = current
  }
  return at(last, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
