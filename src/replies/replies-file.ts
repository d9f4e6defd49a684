/** The customer's file of reply rules. */
import { isUtf8 } from 'node:buffer'
import type { z } from 'zod'
import { eventTypes } from '../events/schemas.ts'
import { InvalidConfigurationError } from '../lib/errors.ts'
import type { FileContent } from '../lib/file-content.ts'
import { nearestName } from '../lib/nearest-name.ts'
import {
  createLocator,
  type Diagnostic,
  formatPath,
  type JsonDocument,
  type JsonPath,
  parseJsonDocument,
} from './json-document.ts'
import { type RuleSet, repliesFile, ruleKeys } from './rules.ts'
import { findWarnings } from './warnings.ts'

/** More would flood the log, and formatting them blocks the event loop. */
const MAX_REPORTED = 20
const TOO_MANY = 'the file has too many errors to list; is it the right file?'

export interface RepliesFile {
  /** Whether the built-in rules do not apply. */
  readonly standalone: boolean
  readonly rules: RuleSet
  /** Rules that are valid but probably unintended, each with its line and column. */
  readonly warnings: readonly string[]
}

/** The replies file cannot be used. The message lists the errors with line and column, for the operator. */
export class RepliesFileError extends InvalidConfigurationError {
  override readonly name = 'RepliesFileError'
  readonly errors: readonly string[]

  constructor(errors: readonly string[]) {
    super(`Cannot load the reply rules:\n${errors.map((error) => `  ${error}`).join('\n')}`)
    this.errors = errors
  }
}

/**
 * Validates a replies file.
 *
 * @param content a byte order mark, which some Windows editors add, is ignored
 * @param file the file's name, for messages
 * @throws RepliesFileError
 */
export function checkRepliesFile(content: FileContent, file: string): RepliesFile {
  if ('unreadable' in content) throw new RepliesFileError([content.unreadable])
  // UTF-16 without a byte order mark can be valid UTF-8 with NUL characters.
  if (!isUtf8(content.bytes) || content.bytes.includes(0)) {
    throw new RepliesFileError([`${file} is not encoded in UTF-8. Save it as UTF-8 in your editor.`])
  }
  const text = new TextDecoder().decode(content.bytes) // removes a byte order mark
  const parsed = parseJsonDocument(text)
  if ('errors' in parsed) throw toError(file, parsed.errors, text)

  const { document } = parsed
  const checked = checkSchema(document.value)
  if (!checked) throw toError(file, [{ path: [], message: TOO_MANY, offset: 0 }], text)
  if (!checked.success) throw toError(file, toDiagnostics(checked.error.issues, document), text, document)
  const { standalone = false, rules } = checked.data
  return { standalone, rules, warnings: formatDiagnostics(file, findWarnings(rules), text, document) }
}

/** @returns undefined if there are so many errors that zod, which spreads them as arguments, overflows the stack */
function checkSchema(value: unknown) {
  try {
    return repliesFile.safeParse(value)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function toError(file: string, errors: readonly Diagnostic[], text: string, document?: JsonDocument): RepliesFileError {
  return new RepliesFileError(formatDiagnostics(file, errors, text, document))
}

/** `replies.json, line 4, column 7, rules.on_ticket_created[0].reply: must be a string` */
function formatDiagnostics(
  file: string,
  diagnostics: readonly Diagnostic[],
  text: string,
  document?: JsonDocument,
): string[] {
  const locate = createLocator(text, document?.root)
  const lines = diagnostics.slice(0, MAX_REPORTED).map((diagnostic) => {
    const { line, column } = locate(diagnostic)
    const path = formatPath(diagnostic.path)
    return `${file}, line ${line}, column ${column}${path && `, ${path}`}: ${diagnostic.message}`
  })
  const more = diagnostics.length - lines.length
  return more > 0 ? [...lines, `${file}: and ${more} more`] : lines
}

type Issue = z.core.$ZodIssue

function toDiagnostics(issues: readonly Issue[], document: JsonDocument): Diagnostic[] {
  const unknownKeys = issues.filter(({ code }) => code === 'unrecognized_keys')
  const withUnknownKeys = new Set(unknownKeys.map(({ path }) => path.join()))
  return issues.flatMap(innermost).flatMap((issue): Diagnostic[] => {
    const path = issue.path as JsonPath
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: explainUnknownKey(path, key),
        isAboutKey: true,
      }))
    }
    if (issue.code === 'custom' && issue.params?.isAboutKey) {
      return [{ path, message: issue.message, isAboutKey: true }]
    }
    // If "reply" is misspelt, do not also report that the rule has no effect.
    if (issue.code === 'custom' && withUnknownKeys.has(path.join())) return []
    const isMissing = issue.code === 'invalid_type' && issue.input === undefined && !exists(document.value, path)
    return [{ path, message: isMissing ? `is missing; it ${issue.message}` : issue.message }]
  })
}

/** Where a value or an array of values is allowed, finds the invalid value in the array. */
function innermost(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const inside = issue.errors.flat().filter(({ path }) => path.length > 0)
  return inside.length > 0 ? inside.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })) : [issue]
}

function explainUnknownKey(parent: JsonPath, key: string): string {
  const known = knownKeys(parent)
  if (parent.length === 0 && (eventTypes as readonly string[]).includes(key)) return 'belongs inside "rules"'
  const nearest = nearestName(key, known)
  const help = nearest ? `did you mean "${nearest}"?` : `valid keys are ${known.map((name) => `"${name}"`).join(', ')}`
  const hint = parent.length === 3 && !nearest ? '; conditions belong inside "when"' : ''
  return `is not a known key; ${help}${hint}`
}

/** Three kinds of objects have a fixed set of keys: the file, `rules` and each rule. */
function knownKeys(parent: JsonPath): readonly string[] {
  if (parent.length === 0) return Object.keys(repliesFile.shape)
  return parent.length === 1 ? eventTypes : ruleKeys
}

function exists(value: unknown, path: JsonPath): boolean {
  let inner = value
  for (const key of path) inner = (inner as Record<string, unknown> | undefined)?.[key]
  return inner !== undefined
}
