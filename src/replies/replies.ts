import { type EventType, eventTypes, type WebhookEvent } from '../events/schemas.ts'
import { builtinRules } from './builtin-rules.ts'
import { compileEffect, type Effect, type Reply } from './effects.ts'
import { type Condition, compileWhen, toReadableEvent, unmetConditions } from './matching.ts'
import type { RepliesFile } from './replies-file.ts'
import type { RuleSet } from './rules.ts'

export interface RuledReply {
  readonly reply: Reply
  /** The names of the rules that applied, in their order. */
  readonly rules: readonly string[]
}

export type ApplyRules = (event: WebhookEvent) => RuledReply

/** A rule that is ready to be evaluated and applied. */
export interface CompiledRule {
  readonly name: string
  readonly conditions: readonly Condition[]
  readonly apply: Effect
}

/** The rules for each event type, in the order in which they apply. */
export type CompiledRules = ReadonlyMap<EventType, readonly CompiledRule[]>

/**
 * Compiles rules.
 *
 * @param ruleSets applied in this order; a rule without a name is named after its index in its own set:
 *   `on_message_received[0]`
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

/** @returns the names of all rules */
export function ruleNames(rules: CompiledRules): string[] {
  return [...rules.values()].flatMap((ofType) => ofType.map(({ name }) => name))
}

/** Compiles the customer's rules, preceded by the built-in ones unless the file is standalone. */
export function compileRepliesFile({ standalone, rules }: RepliesFile): CompiledRules {
  return standalone ? compileRules(rules) : compileRules(builtinRules, rules)
}

/**
 * Computes the reply to an event: all matching rules apply in order, and later ones override earlier ones. Conditions
 * always test the original event, not the reply that earlier rules produced.
 */
export function applyRules(rules: CompiledRules, event: WebhookEvent): RuledReply {
  const reply: Reply = { status: 'success' }
  const applied = evaluateRules(rules, event).filter(({ unmet }) => unmet.length === 0)
  for (const { rule } of applied) rule.apply(event, reply)
  return { reply, rules: applied.map(({ rule }) => rule.name) }
}

/** Evaluates every rule for an event's type. @returns the unmet conditions of each; none if it applies */
export function evaluateRules(rules: CompiledRules, event: WebhookEvent): { rule: CompiledRule; unmet: Condition[] }[] {
  const readable = toReadableEvent(event)
  return (rules.get(event.event_type) ?? []).map((rule) => ({
    rule,
    unmet: unmetConditions(rule.conditions, readable),
  }))
}
