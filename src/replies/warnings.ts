/** Finds rules that are valid but probably unintended. */
import { type EventType, eventTypes, webhookEvent } from '../events/schemas.ts'
import { nearestName } from '../lib/nearest-name.ts'
import { parsePath } from './fields.ts'
import type { Diagnostic, JsonPath } from './json-document.ts'
import { leavesOf, type Rule, type RuleSet } from './rules.ts'
import { fieldsOf } from './template.ts'

/** Reports undocumented fields, and each `*` that is not a wildcard. */
export function findWarnings(ruleSet: RuleSet): Diagnostic[] {
  return eventTypes.flatMap((type) =>
    (ruleSet[type] ?? []).flatMap((rule, index) => {
      const path: JsonPath = ['rules', type, index]
      return [...conditionWarnings(type, rule, path), ...templateWarnings(type, rule, path)]
    }),
  )
}

function conditionWarnings(type: EventType, rule: Rule, path: JsonPath): Diagnostic[] {
  return Object.entries(rule.when ?? {}).flatMap(([field, expected]) => {
    const at = [...path, 'when', field]
    const problem = fieldProblem(type, field)
    const warnings: Diagnostic[] = problem ? [{ path: at, message: problem, isAboutKey: true }] : []
    const hasInnerStar = [expected].flat().some((value) => String(value).slice(0, -1).includes('*'))
    if (!hasInnerStar) return warnings
    const message = '* is a wildcard only at the end; anywhere else it matches a literal *'
    return [...warnings, { path: at, message }]
  })
}

function templateWarnings(type: EventType, { reply, set }: Rule, path: JsonPath): Diagnostic[] {
  return leavesOf({ ...(reply !== undefined && { reply }), ...(set && { set }) }).flatMap((leaf) => {
    const fields = typeof leaf.value === 'string' ? fieldsOf(leaf.value) : []
    return fields.flatMap((field) => {
      const problem = fieldProblem(type, field)
      return problem ? [{ path: [...path, ...leaf.path], message: `{{${field}}}: ${problem}` }] : []
    })
  })
}

/** @returns why an event probably has no such field, or undefined if the field is documented */
function fieldProblem(type: EventType, field: string): string | undefined {
  const [first = '', ...more] = parsePath(field) ?? []
  const shape = shapeOf(type)
  const schema = Object.hasOwn(shape, first) ? shape[first] : undefined
  if (!schema) {
    const known = Object.keys(shape)
    const nearest = nearestName(first, known)
    const help = nearest
      ? `did you mean "${[nearest, ...more].join('.')}"?`
      : `the documented fields are ${known.join(', ')}`
    return `"${first}" is not a documented field of ${type}; ${help}`
  }
  const isObject = schema.safeParse({}).success
  if (isObject && more.length === 0) {
    return `"${first}" is an object, not a string; write "${first}." followed by one of its keys`
  }
  if (!isObject && more.length > 0) return `"${first}" is not an object, so there is no "${field}"`
  return undefined
}

function shapeOf(type: EventType): Readonly<Record<string, { safeParse(value: unknown): { success: boolean } }>> {
  return webhookEvent.options.find((option) => option.shape.event_type.value === type)?.shape ?? {}
}
