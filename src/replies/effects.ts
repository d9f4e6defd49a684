import type { EventType, WebhookEvent } from '../events/schemas.ts'
import type { FieldKeys } from './fields.ts'
import type { Rule } from './rules.ts'
import { compileTemplate } from './template.ts'

/** The envelope that DigiReply gets. */
export interface Reply {
  status: 'success'
  action?: 'override_response' | 'skip'
  response?: unknown
}

/** Changes the reply to an event as a rule says. */
export type Effect = (event: WebhookEvent, reply: Reply) => void

/** Makes a JSON value from an event. */
type Filler = (event: object) => unknown

/** Prepares a rule's effect. */
export function compileEffect(type: EventType, rule: Rule): Effect {
  if (rule.skip) {
    return (_event, reply) => {
      reply.action = 'skip'
    }
  }
  const isTrusted = type === 'before_response_sent' ? isFromBot : () => false
  if (type === 'before_response_sent') {
    // Here the reply is the bot's response object, changed.
    const changes = compileValues(rule.set ?? { response: rule.reply }, isTrusted)
    return (event, reply) => {
      reply.action = 'override_response'
      reply.response = { ...asObject(event.response), ...asObject(reply.response), ...changes(event) }
    }
  }
  const fill = compileTemplate(rule.reply ?? '', isTrusted)
  return (event, reply) => {
    reply.action = 'override_response'
    reply.response = fill(event)
  }
}

/** The bot's own response may hold HTML on purpose; everything else may be what a visitor typed. */
function isFromBot([first]: FieldKeys): boolean {
  return first === 'response'
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

function compileValues(values: object, isTrusted: (keys: FieldKeys) => boolean): (event: object) => object {
  const fillers = Object.entries(values).map(([key, value]) => [key, compileValue(value, isTrusted)] as const)
  return (event) => Object.fromEntries(fillers.map(([key, fill]) => [key, fill(event)]))
}

/** All texts in a value are templates. */
function compileValue(value: unknown, isTrusted: (keys: FieldKeys) => boolean): Filler {
  if (typeof value === 'string') return compileTemplate(value, isTrusted)
  if (Array.isArray(value)) {
    const items = value.map((item) => compileValue(item, isTrusted))
    return (event) => items.map((fill) => fill(event))
  }
  return typeof value === 'object' && value !== null ? compileValues(value, isTrusted) : () => value
}
