/** Parses handwritten JSON strictly, and keeps the position of every value and key. */
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'

export type JsonPath = readonly (string | number)[]

/** An error or a warning about a position in a document. */
export interface Diagnostic {
  readonly path: JsonPath
  readonly message: string
  /** The position in UTF-16 code units, from 0. Defaults to the position of `path`. */
  readonly offset?: number
  /** Whether the position is that of the last key in `path` instead of its value. */
  readonly isAboutKey?: boolean
}

export interface JsonDocument {
  readonly text: string
  readonly root: Node
  readonly value: unknown
}

/** Far more than any reply needs, and far too little to exhaust the stack. */
const MAX_DEPTH = 100
const TOO_DEEP = 'brackets are nested too deeply'

const SYNTAX: Readonly<Record<string, string>> = {
  InvalidSymbol: 'not valid JSON; put strings in "double quotes", and write true, false and null in lowercase',
  InvalidNumberFormat: 'not a valid number; write it like 21 or 1.5, or as a string in "double quotes"',
  PropertyNameExpected: 'expected a key in "double quotes" here, or remove the comma before it',
  ValueExpected: 'expected a value here, or remove the comma before it',
  ColonExpected: 'missing colon before this',
  CommaExpected: 'missing comma before this',
  CloseBraceExpected: 'missing }',
  CloseBracketExpected: 'missing ]',
  EndOfFileExpected: 'expected the end of the file here; is there an extra closing bracket before it?',
  InvalidCommentToken: 'comments are not allowed in JSON; remove this one',
  UnexpectedEndOfComment: 'comments are not allowed in JSON; remove this one',
  UnexpectedEndOfString: 'string without a closing quote on the same line; write a line break as \\n',
  UnexpectedEndOfNumber: 'incomplete number',
  InvalidUnicode: 'invalid escape sequence; \\u must be followed by four hexadecimal digits',
  InvalidEscapeCharacter: 'invalid escape sequence; write a backslash as \\\\',
  InvalidCharacter: 'strings must not contain tabs or other control characters; write a tab as \\t',
}

/**
 * Parses JSON.
 *
 * @returns the document, or its errors: the first syntax error, or all duplicate keys, which JSON.parse would silently
 *   drop
 */
export function parseJsonDocument(text: string): { document: JsonDocument } | { errors: Diagnostic[] } {
  try {
    const syntaxErrors: ParseError[] = []
    const root = parseTree(text, syntaxErrors, { disallowComments: true })
    const [first] = syntaxErrors
    if (first && text.trim() !== '') return { errors: [describeSyntaxError(first, text)] }
    if (!root) return { errors: [{ path: [], message: 'the file is empty', offset: 0 }] }
    const errors = findInvalidKeys(root, [])
    return errors.length > 0 ? { errors } : { document: { text, root, value: JSON.parse(text) } }
  } catch (error) {
    const reason = error instanceof RangeError ? TOO_DEEP : (error as Error).message
    return { errors: [{ path: [], message: reason, offset: 0 }] }
  }
}

/** @returns a function that maps a diagnostic to its line and column, both from 1 */
export function createLocator(text: string, root?: Node): (diagnostic: Diagnostic) => { line: number; column: number } {
  const lineStarts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)]
  return (diagnostic) => {
    const offset = diagnostic.offset ?? (root ? offsetOf(root, diagnostic) : 0)
    const line = countUpTo(offset, lineStarts)
    return { line, column: offset - (lineStarts[line - 1] ?? 0) + 1 }
  }
}

/** @returns how many of the sorted numbers are less than or equal to the limit */
function countUpTo(limit: number, sorted: readonly number[]): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0) <= limit) low = middle + 1
    else high = middle
  }
  return low
}

function offsetOf(root: Node, { path, isAboutKey }: Diagnostic): number {
  const key = isAboutKey ? findNodeAtLocation(root, [...path])?.parent?.children?.[0] : undefined
  return (key ?? nearestNode(root, path)).offset
}

/** @returns a path in JavaScript notation: `rules.on_ticket_created[0].when["response.type"]` */
export function formatPath(path: JsonPath): string {
  return path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`
      return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
    })
    .join('')
    .replace(/^\./, '')
}

function describeSyntaxError({ error, offset }: ParseError, text: string): Diagnostic {
  const name = printParseErrorCode(error)
  const suffix = text.slice(offset).trim() === '' ? ' (end of file)' : ''
  return { path: [], message: (SYNTAX[name] ?? name) + suffix, offset }
}

function findInvalidKeys(node: Node, path: JsonPath): Diagnostic[] {
  if (path.length > MAX_DEPTH) return [{ path: [], message: TOO_DEEP, offset: node.offset }]
  if (node.type === 'array') {
    return (node.children ?? []).flatMap((item, index) => findInvalidKeys(item, [...path, index]))
  }
  if (node.type !== 'object') return []
  const seen = new Set<string>()
  return (node.children ?? []).flatMap(({ children: [keyNode, valueNode] = [] }) => {
    if (!keyNode || !valueNode) return []
    const key: string = keyNode.value
    const inside = findInvalidKeys(valueNode, [...path, key])
    const message = checkKey(key, seen)
    seen.add(key)
    return message ? [{ path: [...path, key], message, offset: keyNode.offset }, ...inside] : inside
  })
}

/** @returns why a key is not allowed, or undefined */
function checkKey(key: string, seen: ReadonlySet<string>): string | undefined {
  if (key === '__proto__') return 'is a reserved name in JavaScript; use another key'
  return seen.has(key) ? 'is a duplicate key; merge the two, or remove one' : undefined
}

/** @returns the node at the path or, if that is missing, its closest existing ancestor */
function nearestNode(root: Node, path: JsonPath): Node {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length))
    if (node) return node
  }
  return root
}
