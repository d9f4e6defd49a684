import { type EventType, eventTypes, type WebhookEvent } from '../events/schemas.ts'
import { builtinRules } from './builtin-rules.ts'
import { compileEffect, type Effect, type Reply } from './effects.ts'
import { type Condition, compileWhen, readable, unmetConditions } from './matching.ts'
import type { RepliesFile } from './replies-file.ts'
import type { RuleSet } from './rules.ts'

export interface RuledReply {
  readonly reply: Reply
  /** The names of the rules that applied, in their order. */
  readonly rules: readonly string[]
}

export type ApplyRules = (event: WebhookEvent) => RuledReply

/** A rule that is ready to be judged and applied. */
export interface CompiledRule {
  readonly name: string
  readonly conditions: readonly Condition[]
  readonly apply: Effect
}

/** All rules in force, in the order in which they apply. */
export type CompiledRules = ReadonlyMap<EventType, readonly CompiledRule[]>

/**
 * Prepares rules, once for all events.
 *
 * @param ruleSets one after the other; a rule without a name is counted in its own set: `on_message_received[0]`
 */
export function compileRules(...ruleSets: readonly RuleSet[]): CompiledRules {
  const compileFor = (type: EventType) =>
    ruleSets.flatMap((ruleSet) =>
      (ruleSet[type] ?? []).map((rule, index) => ({
        name: rule.name ?? `${type}[${index}]`,
        conditions: compileWhen(rule.when),
        apply: compileEffect(type, rule),
      })),
    )
  return new Map(eventTypes.map((type) => [type, compileFor(type)]))
}

/** Puts a customer's rules after the built-in ones, unless they stand alone. */
export function compileRepliesFile({ standalone, rules }: RepliesFile): CompiledRules {
  return standalone ? compileRules(rules) : compileRules(builtinRules, rules)
}

/**
 * Answers an event: every rule that matches applies, in its order, and later ones win. Rules are judged on the event
 * as it came, whatever earlier rules made of the reply.
 */
export function applyRules(rules: CompiledRules, event: WebhookEvent): RuledReply {
  const reply: Reply = { status: 'success' }
  const applied = evaluateRules(rules, event).filter(({ unmet }) => unmet.length === 0)
  for (const { rule } of applied) rule.apply(event, reply)
  return { reply, rules: applied.map(({ rule }) => rule.name) }
}

/** Judges every rule for an event's type. @returns what keeps each from applying: nothing if it applies */
export function evaluateRules(rules: CompiledRules, event: WebhookEvent): { rule: CompiledRule; unmet: Condition[] }[] {
  const read = readable(event)
  return (rules.get(event.event_type) ?? []).map((rule) => ({ rule, unmet: unmetConditions(rule.conditions, read) }))
}
