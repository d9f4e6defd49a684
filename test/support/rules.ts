import type { EventType, WebhookEvent } from '../../src/events/schemas.ts'
import { webhookEvent } from '../../src/events/schemas.ts'
import { applyRules, compileRules, type RuledReply } from '../../src/replies/replies.ts'
import { type Rule, ruleSet } from '../../src/replies/rules.ts'

const REQUIRED = { bot_id: 21, visitor_id: 'v_1', ticket_number: 'T-1', response: {} }

/** Creates an event as the service decodes it. */
export function makeEvent(type: EventType, fields: object = {}): WebhookEvent {
  return webhookEvent.parse({ event_type: type, ...REQUIRED, ...fields })
}

/** Replies to an event according to rules in the format of the replies file. */
export function answer(type: EventType, rules: readonly unknown[], fields: object = {}): RuledReply {
  return applyRules(compileRules(ruleSet.parse({ [type]: rules })), makeEvent(type, fields))
}

/** Whether a rule with these conditions applies to a message event. */
export function applies(when: Rule['when'], fields: object): boolean {
  return answer('on_message_received', [{ when, skip: true }], fields).rules.length > 0
}
