import { eventTypes, type WebhookEvent } from '../events/schemas.ts'
import { builtinRules } from './builtin-rules.ts'
import { unmetConditions } from './matching.ts'
import type { Rule, RuleSet } from './rules.ts'
import { fillTemplate } from './template.ts'

/** The envelope that DigiReply gets. */
export interface Reply {
  status: 'success'
  action?: 'override_response' | 'skip'
  response?: unknown
}

export interface Answer {
  readonly reply: Reply
  /** The names of the rules that applied, in their order. */
  readonly rules: readonly string[]
}

export type AnswerEvent = (event: WebhookEvent) => Answer

/**
 * Answers an event: every rule that matches applies, in the order of the list, and later ones win. Rules are judged
 * on the event as it came, whatever earlier rules made of the reply.
 */
export function answerByRules(ruleSet: RuleSet, event: WebhookEvent): Answer {
  const reply: Reply = { status: 'success' }
  const applied: string[] = []
  for (const [index, rule] of (ruleSet[event.event_type] ?? []).entries()) {
    if (unmetConditions(rule.when, event).length > 0) continue
    apply(rule, event, reply)
    applied.push(nameOf(rule, event, index))
  }
  return { reply, rules: applied }
}

/** Puts a customer's rules after the built-in ones. */
export function afterBuiltin(own: RuleSet): RuleSet {
  return Object.fromEntries(eventTypes.map((type) => [type, [...(builtinRules[type] ?? []), ...(own[type] ?? [])]]))
}

export function nameOf(rule: Rule, event: Pick<WebhookEvent, 'event_type'>, index: number): string {
  return rule.name ?? `${event.event_type}[${index}]`
}

function apply(rule: Rule, event: WebhookEvent, reply: Reply): void {
  if (rule.skip) {
    reply.action = 'skip'
    return
  }
  reply.action = 'override_response'
  const fill = (template: string) => fillTemplate(template, event, (path) => isFromBot(event, path))
  if (event.event_type !== 'before_response_sent') {
    reply.response = fill(rule.reply ?? '')
    return
  }
  // Here the reply is the bot's response object, changed.
  const changes = rule.set ?? { response: rule.reply }
  reply.response = { ...event.response, ...asObject(reply.response), ...fillAll(changes, fill) }
}

/** The bot's own response may hold HTML on purpose; everything else may be what a visitor typed. */
function isFromBot(event: WebhookEvent, path: string): boolean {
  return event.event_type === 'before_response_sent' && path.split('.')[0] === 'response'
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

function fillAll(values: object, fill: (template: string) => string): object {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fillValue(value, fill)]))
}

function fillValue(value: unknown, fill: (template: string) => string): unknown {
  if (typeof value === 'string') return fill(value)
  if (Array.isArray(value)) return value.map((item) => fillValue(item, fill))
  return typeof value === 'object' && value !== null ? fillAll(value, fill) : value
}
