/** What is allowed in a rule, but probably not meant. */
import { type EventType, eventTypes, webhookEvent } from '../events/schemas.ts'
import { nearestName } from '../lib/nearest-name.ts'
import { parsePath } from './fields.ts'
import type { JsonPath, Remark } from './json-document.ts'
import { leavesOf, type Rule, type RuleSet } from './rules.ts'
import { fieldsOf } from './template.ts'

/** Looks for fields that the documentation does not know, and for a `*` that stands for nothing. */
export function findWarnings(ruleSet: RuleSet): Remark[] {
  return eventTypes.flatMap((type) =>
    (ruleSet[type] ?? []).flatMap((rule, index) => {
      const path: JsonPath = ['rules', type, index]
      return [...warnOfConditions(type, rule, path), ...warnOfTemplates(type, rule, path)]
    }),
  )
}

function warnOfConditions(type: EventType, rule: Rule, path: JsonPath): Remark[] {
  return Object.entries(rule.when ?? {}).flatMap(([field, expected]) => {
    const at = [...path, 'when', field]
    const unknown = fieldProblem(type, field)
    const doubts: Remark[] = unknown ? [{ path: at, message: unknown, isAboutKey: true }] : []
    const hasInnerStar = [expected].flat().some((value) => String(value).slice(0, -1).includes('*'))
    if (!hasInnerStar) return doubts
    const message = 'a * stands for "anything" only at the end; this one is taken as the character itself'
    return [...doubts, { path: at, message }]
  })
}

function warnOfTemplates(type: EventType, { reply, set }: Rule, path: JsonPath): Remark[] {
  return leavesOf({ ...(reply !== undefined && { reply }), ...(set && { set }) }).flatMap((leaf) => {
    const fields = typeof leaf.value === 'string' ? fieldsOf(leaf.value) : []
    return fields.flatMap((field) => {
      const doubt = fieldProblem(type, field)
      return doubt ? [{ path: [...path, ...leaf.path], message: `{{${field}}}: ${doubt}` }] : []
    })
  })
}

/** @returns why a field is probably not in an event, or undefined if the documentation has it */
function fieldProblem(type: EventType, field: string): string | undefined {
  const [first = '', ...more] = parsePath(field) ?? []
  const shape = shapeOf(type)
  const schema = Object.hasOwn(shape, first) ? shape[first] : undefined
  if (!schema) {
    const known = Object.keys(shape)
    const nearest = nearestName(first, known)
    const help = nearest ? `did you mean "${[nearest, ...more].join('.')}"?` : `it has ${known.join(', ')}`
    return `the documentation knows no "${first}" in ${type}; ${help}`
  }
  const isObject = schema.safeParse({}).success
  if (isObject && more.length === 0) return `"${first}" is an object, not a text; write "${first}." and a key in it`
  if (!isObject && more.length > 0) return `"${first}" is a text, so there is nothing under "${field}"`
  return undefined
}

function shapeOf(type: EventType): Readonly<Record<string, { safeParse(value: unknown): { success: boolean } }>> {
  return webhookEvent.options.find((option) => option.shape.event_type.value === type)?.shape ?? {}
}
