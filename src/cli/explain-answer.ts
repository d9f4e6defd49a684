import type { WebhookEvent } from '../events/schemas.ts'
import { textAt } from '../replies/fields.ts'
import type { Condition } from '../replies/matching.ts'
import { applyRules, type CompiledRules, evaluateRules } from '../replies/replies.ts'

const SHOWN = 200

/** Says in words which rules apply to an event, why the others do not, and what the reply is. */
export function explainAnswer(rules: CompiledRules, event: WebhookEvent): string {
  const judged = evaluateRules(rules, event)
  const lines = judged.flatMap(({ rule, unmet }) => [
    unmet.length === 0 ? `  applies         ${rule.name}` : `  does not apply  ${rule.name}`,
    ...unmet.map((condition) => `                    ${explainCondition(condition, event)}`),
  ])
  const verdict = judged.length > 0 ? lines.join('\n') : '  There is no rule for this event.'
  return `${verdict}\n\nThe reply:\n${JSON.stringify(applyRules(rules, event).reply, undefined, 2)}`
}

function explainCondition({ keys, wanted, searchesWords }: Condition, event: WebhookEvent): string {
  const found = textAt(event, keys)
  const isList = wanted.length > 1
  const kind = searchesWords ? (isList ? 'one of the words ' : 'the word ') : isList ? 'one of ' : ''
  const choices = wanted.map((text) => JSON.stringify(text)).join(', ')
  const has = found === undefined ? 'has no such field' : `has ${JSON.stringify(shorten(found))}`
  return `${keys.join('.')}: the rule wants ${kind}${choices}, the event ${has}`
}

function shorten(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}
