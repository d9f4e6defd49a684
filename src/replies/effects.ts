import type { EventType, WebhookEvent } from '../events/schemas.ts'
import type { FieldKeys } from './fields.ts'
import type { Rule } from './rules.ts'
import { compileTemplate } from './template.ts'

/** The envelope that is sent to DigiReply. */
export interface Reply {
  status: 'success'
  action?: 'override_response' | 'skip'
  response?: unknown
}

/** Applies a rule to the reply to an event. */
export type Effect = (event: WebhookEvent, reply: Reply) => void

/** Renders a JSON value for an event. */
type Renderer = (event: object) => unknown

/** Compiles a rule's effect. */
export function compileEffect(type: EventType, rule: Rule): Effect {
  if (rule.skip) {
    return (_event, reply) => {
      reply.action = 'skip'
    }
  }
  const isTrusted = type === 'before_response_sent' ? isFromBot : () => false
  if (type === 'before_response_sent') {
    // For this event, the reply is a modified copy of the bot's response object.
    const changes = compileValues(rule.set ?? { response: rule.reply }, isTrusted)
    return (event, reply) => {
      reply.action = 'override_response'
      reply.response = { ...asObject(event.response), ...asObject(reply.response), ...changes(event) }
    }
  }
  const render = compileTemplate(rule.reply ?? '', isTrusted)
  return (event, reply) => {
    reply.action = 'override_response'
    reply.response = render(event)
  }
}

/** The bot's own response may contain HTML on purpose; anything else may be visitor input. */
function isFromBot([first]: FieldKeys): boolean {
  return first === 'response'
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

function compileValues(values: object, isTrusted: (keys: FieldKeys) => boolean): (event: object) => object {
  const renderers = Object.entries(values).map(([key, value]) => [key, compileValue(value, isTrusted)] as const)
  return (event) => Object.fromEntries(renderers.map(([key, render]) => [key, render(event)]))
}

/** Every string in a value is a template. */
function compileValue(value: unknown, isTrusted: (keys: FieldKeys) => boolean): Renderer {
  if (typeof value === 'string') return compileTemplate(value, isTrusted)
  if (Array.isArray(value)) {
    const items = value.map((item) => compileValue(item, isTrusted))
    return (event) => items.map((render) => render(event))
  }
  return typeof value === 'object' && value !== null ? compileValues(value, isTrusted) : () => value
}
