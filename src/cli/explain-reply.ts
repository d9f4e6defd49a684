import type { WebhookEvent } from '../events/schemas.ts'
import { stringAt } from '../replies/fields.ts'
import type { Condition } from '../replies/matching.ts'
import { applyRules, type CompiledRules, evaluateRules } from '../replies/replies.ts'

const MAX_SHOWN = 200

/** Explains which rules apply to an event, why the others do not, and shows the reply. */
export function explainReply(rules: CompiledRules, event: WebhookEvent): string {
  const evaluated = evaluateRules(rules, event)
  const lines = evaluated.flatMap(({ rule, unmet }) => [
    unmet.length === 0 ? `  applies         ${rule.name}` : `  does not apply  ${rule.name}`,
    ...unmet.map((condition) => `                    ${explainCondition(condition, event)}`),
  ])
  const outcome = evaluated.length > 0 ? lines.join('\n') : '  There are no rules for this event.'
  return `${outcome}\n\nReply:\n${JSON.stringify(applyRules(rules, event).reply, undefined, 2)}`
}

function explainCondition({ keys, expected, isWordSearch }: Condition, event: WebhookEvent): string {
  const found = stringAt(event, keys)
  const hasSeveral = expected.length > 1
  const kind = isWordSearch ? (hasSeveral ? 'one of the words ' : 'the word ') : hasSeveral ? 'one of ' : ''
  const choices = expected.map((text) => JSON.stringify(text)).join(', ')
  const has = found === undefined ? 'has no such field' : `has ${JSON.stringify(truncate(found))}`
  return `${keys.join('.')}: expected ${kind}${choices}, but the event ${has}`
}

function truncate(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}
