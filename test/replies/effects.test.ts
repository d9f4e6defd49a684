import { expect, test } from 'vitest'
import type { EventType } from '../../src/events/schemas.ts'
import { builtinRules } from '../../src/replies/builtin-rules.ts'
import { applyRules, compileRules } from '../../src/replies/replies.ts'
import { ruleSet } from '../../src/replies/rules.ts'
import { answer, makeEvent } from '../support/rules.ts'

const RESPONSE = { response: 'Original', type: 'text' }
const skip = { skip: true }

test.for<[title: string, type: EventType, rules: object[], reply: object]>([
  ['no rule', 'on_message_received', [], {}],
  ['override', 'on_message_received', [{ reply: 'a' }], { action: 'override_response', response: 'a' }],
  ['skip', 'on_message_received', [skip], { action: 'skip' }],
  [
    'override twice',
    'on_message_received',
    [{ reply: 'a' }, { reply: 'b' }],
    { action: 'override_response', response: 'b' },
  ],
  ['override, then skip', 'on_message_received', [{ reply: 'a' }, skip], { action: 'skip', response: 'a' }],
  [
    'skip, then override',
    'on_message_received',
    [skip, { reply: 'a' }],
    { action: 'override_response', response: 'a' },
  ],
  [
    'a string for the response object',
    'before_response_sent',
    [{ reply: 'a' }],
    { action: 'override_response', response: { response: 'a', type: 'text' } },
  ],
  [
    'keys of the response object, later ones win',
    'before_response_sent',
    [{ set: { type: 'a', x: 1 } }, { set: { type: 'b', y: [null] } }],
    { action: 'override_response', response: { response: 'Original', type: 'b', x: 1, y: [null] } },
  ],
  [
    'set, then skip, then a string',
    'before_response_sent',
    [{ set: { x: true } }, skip, { reply: 'b' }],
    { action: 'override_response', response: { response: 'b', type: 'text', x: true } },
  ],
  [
    'templates inside set',
    'before_response_sent',
    [{ set: { buttons: [{ title: 'About {{message}}', go: { to: '{{response.type}}' } }] } }],
    {
      action: 'override_response',
      response: { ...RESPONSE, buttons: [{ title: 'About &lt;this&gt;', go: { to: 'text' } }] },
    },
  ],
])('%s', ([, type, rules, reply]) => {
  const fields = { message: '<this>', response: RESPONSE }
  expect(answer(type, rules, fields).reply).toStrictEqual({ status: 'success', ...reply })
})

test('an empty PHP array counts as an empty response object', () => {
  expect(answer('before_response_sent', [{ reply: 'a' }], { response: [] }).reply.response).toStrictEqual({
    response: 'a',
  })
})

test('the built-in rules skip an error response with the test intent, and still change it', () => {
  const event = makeEvent('before_response_sent', { intent: 'webhook', response: { response: 'Oops', type: 'error' } })
  expect(applyRules(compileRules(builtinRules), event)).toStrictEqual({
    reply: {
      status: 'success',
      action: 'skip',
      response: { response: 'This is a webhook test.', type: 'error', source_type: 'webhook' },
    },
    rules: ['built-in: webhook test', 'built-in: skip errors'],
  })
})

test('the built-in rules conform to the schema of a replies file', () => {
  expect(ruleSet.parse(builtinRules)).toStrictEqual(builtinRules)
})

test('a rule without a name is named after its index in its own file', () => {
  const own = ruleSet.parse({ on_ticket_created: [{ when: { bot_id: 1 }, ...skip }, skip, { name: 'mine', ...skip }] })
  const event = makeEvent('on_ticket_created')
  expect(applyRules(compileRules(builtinRules, own), event).rules).toStrictEqual([
    'built-in: ticket created',
    'on_ticket_created[1]',
    'mine',
  ])
})

test('computing a reply changes neither the event nor the rules', () => {
  const event = makeEvent('before_response_sent', { response: RESPONSE })
  const rules = compileRules(ruleSet.parse({ before_response_sent: [{ set: { list: [{ a: 1 }] } }] }))
  const first = applyRules(rules, event).reply.response as { list: { a: number }[] }
  first.list.push({ a: 2 })
  expect(applyRules(rules, event).reply.response).toStrictEqual({ ...RESPONSE, list: [{ a: 1 }] })
  expect(event.response).toStrictEqual(RESPONSE)
})
