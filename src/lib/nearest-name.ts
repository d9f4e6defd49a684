/**
 * Finds what somebody meant who mistyped a name.
 *
 * @returns the candidate with the fewest typing mistakes (letters left out, put in, replaced or swapped), or undefined
 *   if none is near: at most a third of the longer one's letters may be wrong
 */
export function nearestName(word: string, candidates: readonly string[]): string | undefined {
  let nearest: string | undefined
  let fewest = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const mistakes = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (mistakes >= fewest || mistakes > Math.max(word.length, candidate.length) / 3) continue
    nearest = candidate
    fewest = mistakes
  }
  return nearest
}

/** The optimal string alignment distance: Levenshtein's, with a swap of neighbours as one mistake. */
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
