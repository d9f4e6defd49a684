/** A customer's file of reply rules. */
import { isUtf8 } from 'node:buffer'
import type { z } from 'zod'
import { eventTypes } from '../events/schemas.ts'
import { ExplainedError } from '../lib/explained-error.ts'
import type { FileContent } from '../lib/file-content.ts'
import { nearestName } from '../lib/nearest-name.ts'
import {
  formatPath,
  type JsonDocument,
  type JsonPath,
  parseJsonDocument,
  placesIn,
  type Remark,
} from './json-document.ts'
import { type RuleSet, repliesFile, ruleKeys } from './rules.ts'
import { findWarnings } from './warnings.ts'

/** More would bury the log, and each takes time in which no request is answered. */
const MAX_TOLD = 20
const TOO_MANY = 'the file has too many errors to list them; is it the right file?'

export interface RepliesFile {
  /** Whether the built-in rules do not apply. */
  readonly standalone: boolean
  readonly rules: RuleSet
  /** What is allowed but probably not meant, each with its place. */
  readonly warnings: readonly string[]
}

/** The reply rules cannot be used. The message lists every error with its place; it is written for the operator. */
export class RepliesFileError extends ExplainedError {
  override readonly name = 'RepliesFileError'
  readonly errors: readonly string[]

  constructor(errors: readonly string[]) {
    super(`The reply rules cannot be used:\n${errors.map((error) => `  ${error}`).join('\n')}`)
    this.errors = errors
  }
}

/**
 * Checks a file of reply rules.
 *
 * @param content what the file holds; a byte order mark, as Windows editors write it, does no harm
 * @param file its name, for the messages
 * @throws RepliesFileError
 */
export function checkRepliesFile(content: FileContent, file: string): RepliesFile {
  if ('unreadable' in content) throw new RepliesFileError([content.unreadable])
  // UTF-16 without a byte order mark would pass for UTF-8 with zeros.
  if (!isUtf8(content.bytes) || content.bytes.includes(0)) {
    throw new RepliesFileError([`${file} is not encoded in UTF-8. Save it as UTF-8 in your editor.`])
  }
  const text = new TextDecoder().decode(content.bytes) // drops a byte order mark
  const parsed = parseJsonDocument(text)
  if ('errors' in parsed) throw toError(file, parsed.errors, text)

  const { document } = parsed
  const checked = checkSchema(document.value)
  if (!checked) throw toError(file, [{ path: [], message: TOO_MANY, offset: 0 }], text)
  if (!checked.success) throw toError(file, describeIssues(checked.error.issues, document), text, document)
  const { standalone = false, rules } = checked.data
  return { standalone, rules, warnings: tell(file, findWarnings(rules), text, document) }
}

/** @returns undefined if there are so many errors that zod, which spreads them as arguments, exhausts the stack */
function checkSchema(value: unknown) {
  try {
    return repliesFile.safeParse(value)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function toError(file: string, errors: readonly Remark[], text: string, document?: JsonDocument): RepliesFileError {
  return new RepliesFileError(tell(file, errors, text, document))
}

/** `replies.json, line 4, column 7, rules.on_ticket_created[0].reply: must be a text in quotes` */
function tell(file: string, remarks: readonly Remark[], text: string, document?: JsonDocument): string[] {
  const placeOf = placesIn(text, document?.root)
  const told = remarks.slice(0, MAX_TOLD).map((remark) => {
    const { line, column } = placeOf(remark)
    const path = formatPath(remark.path)
    return `${file}, line ${line}, column ${column}${path && `, ${path}`}: ${remark.message}`
  })
  const more = remarks.length - told.length
  return more > 0 ? [...told, `${file}: and ${more} more`] : told
}

type Issue = z.core.$ZodIssue

function describeIssues(issues: readonly Issue[], document: JsonDocument): Remark[] {
  const unknownKeys = issues.filter(({ code }) => code === 'unrecognized_keys')
  const withUnknownKeys = new Set(unknownKeys.map(({ path }) => path.join()))
  return issues.flatMap(deepest).flatMap((issue): Remark[] => {
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
    // Of a rule whose "reply" is misspelt, it is not told as well that it has no effect.
    if (issue.code === 'custom' && withUnknownKeys.has(path.join())) return []
    const isMissing = issue.code === 'invalid_type' && issue.input === undefined && !exists(document.value, path)
    return [{ path, message: isMissing ? `is missing; it ${issue.message}` : issue.message }]
  })
}

/** Of a value or a list of values, tells which value in the list is wrong. */
function deepest(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const inside = issue.errors.flat().filter(({ path }) => path.length > 0)
  return inside.length > 0 ? inside.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })) : [issue]
}

function explainUnknownKey(parent: JsonPath, key: string): string {
  const known = knownKeys(parent)
  if (parent.length === 0 && (eventTypes as readonly string[]).includes(key)) return 'belongs inside "rules"'
  const nearest = nearestName(key, known)
  const help = nearest ? `did you mean "${nearest}"?` : `known here: ${known.map((name) => `"${name}"`).join(', ')}`
  const hint = parent.length === 3 && !nearest ? '; a condition belongs inside "when"' : ''
  return `is not known here; ${help}${hint}`
}

/** The file, `rules`, and a rule in a list: these have keys of their own. */
function knownKeys(parent: JsonPath): readonly string[] {
  if (parent.length === 0) return Object.keys(repliesFile.shape)
  return parent.length === 1 ? eventTypes : ruleKeys
}

function exists(value: unknown, path: JsonPath): boolean {
  let inner = value
  for (const key of path) inner = (inner as Record<string, unknown> | undefined)?.[key]
  return inner !== undefined
}
