/** JSON that somebody wrote by hand: read strictly, and with the place of everything in it. */
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'

export type JsonPath = readonly (string | number)[]

/** Something to tell about a document: what, and where. */
export interface Remark {
  readonly path: JsonPath
  readonly message: string
  /** Where in the text, counted from 0 in UTF-16 units; where the path leads, if it is not given. */
  readonly offset?: number
  /** Whether its place is the key that the path ends with, not the value. */
  readonly isAboutKey?: boolean
}

export interface JsonDocument {
  readonly text: string
  readonly root: Node
  readonly value: unknown
}

/** Far more than any reply needs, and far from what would exhaust the stack. */
const MAX_DEPTH = 100
const TOO_DEEP = 'too many brackets stand inside one another'

const SYNTAX: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this is no JSON; a text needs "double quotes" around it, and true, false and null are small letters',
  InvalidNumberFormat: 'this is no number; write it like 21 or 1.5, or in quotes',
  PropertyNameExpected: 'a key in "double quotes" must stand here, or the comma before it is one too many',
  ValueExpected: 'a value must stand here, or the comma before it is one too many',
  ColonExpected: 'a colon is missing before this',
  CommaExpected: 'a comma is missing before this',
  CloseBraceExpected: 'a } is missing',
  CloseBracketExpected: 'a ] is missing',
  EndOfFileExpected: 'the file must end before this; is there a bracket too many before it?',
  InvalidCommentToken: 'JSON has no comments; remove this one',
  UnexpectedEndOfComment: 'JSON has no comments; remove this one',
  UnexpectedEndOfString: 'this text has no closing quote on its line; write a line break as \\n',
  UnexpectedEndOfNumber: 'this number is cut off',
  InvalidUnicode: 'after \\u four digits or letters a-f must stand',
  InvalidEscapeCharacter: 'this \\ begins nothing that JSON knows; write a backslash as \\\\',
  InvalidCharacter: 'a text must not hold a tab or another control character; write a tab as \\t',
}

/**
 * Reads a JSON text.
 *
 * @returns the document, or what is wrong with it: the first error in its syntax, or every key that stands twice,
 *   of which JSON.parse would silently drop one
 */
export function parseJsonDocument(text: string): { document: JsonDocument } | { errors: Remark[] } {
  try {
    const syntaxErrors: ParseError[] = []
    const root = parseTree(text, syntaxErrors, { disallowComments: true })
    const [first] = syntaxErrors
    if (first && text.trim() !== '') return { errors: [describeSyntaxError(first, text)] }
    if (!root) return { errors: [{ path: [], message: 'the file is empty', offset: 0 }] }
    const errors = findBadKeys(root, [])
    return errors.length > 0 ? { errors } : { document: { text, root, value: JSON.parse(text) } }
  } catch (error) {
    const reason = error instanceof RangeError ? TOO_DEEP : (error as Error).message
    return { errors: [{ path: [], message: reason, offset: 0 }] }
  }
}

/** @returns what finds where a remark belongs, as lines and columns counted from 1 */
export function placesIn(text: string, root?: Node): (remark: Remark) => { line: number; column: number } {
  const lineStarts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)]
  return (remark) => {
    const offset = remark.offset ?? (root ? offsetOf(root, remark) : 0)
    const line = countUpTo(offset, lineStarts)
    return { line, column: offset - (lineStarts[line - 1] ?? 0) + 1 }
  }
}

/** @returns how many of the sorted numbers are not above a limit */
function countUpTo(limit: number, sorted: readonly number[]): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0) <= limit) low = middle + 1
    else high = middle
  }
  return low
}

function offsetOf(root: Node, { path, isAboutKey }: Remark): number {
  const key = isAboutKey ? findNodeAtLocation(root, [...path])?.parent?.children?.[0] : undefined
  return (key ?? nearestNode(root, path)).offset
}

/** @returns a path as it is written in code: `rules.on_ticket_created[0].when["response.type"]` */
export function formatPath(path: JsonPath): string {
  return path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`
      return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
    })
    .join('')
    .replace(/^\./, '')
}

function describeSyntaxError({ error, offset }: ParseError, text: string): Remark {
  const name = printParseErrorCode(error)
  const ending = text.slice(offset).trim() === '' ? ' (the file ends here)' : ''
  return { path: [], message: (SYNTAX[name] ?? name) + ending, offset }
}

function findBadKeys(node: Node, path: JsonPath): Remark[] {
  if (path.length > MAX_DEPTH) return [{ path: [], message: TOO_DEEP, offset: node.offset }]
  if (node.type === 'array') {
    return (node.children ?? []).flatMap((item, index) => findBadKeys(item, [...path, index]))
  }
  if (node.type !== 'object') return []
  const seen = new Set<string>()
  return (node.children ?? []).flatMap(({ children: [keyNode, valueNode] = [] }) => {
    if (!keyNode || !valueNode) return []
    const key: string = keyNode.value
    const inside = findBadKeys(valueNode, [...path, key])
    const message = keyProblem(key, seen)
    seen.add(key)
    return message ? [{ path: [...path, key], message, offset: keyNode.offset }, ...inside] : inside
  })
}

function keyProblem(key: string, seen: ReadonlySet<string>): string | undefined {
  if (key === '__proto__') return 'this name is reserved in JavaScript; use another key'
  return seen.has(key) ? 'stands here a second time; join the two, or remove one' : undefined
}

/** What is missing is told at the place where it is missing. */
function nearestNode(root: Node, path: JsonPath): Node {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length))
    if (node) return node
  }
  return root
}
