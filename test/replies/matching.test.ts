import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { WebhookEvent } from '../../src/events/schemas.ts'
import { applyRules, compileRules } from '../../src/replies/replies.ts'
import { fold } from '../../src/replies/words.ts'
import { answer, applies } from '../support/rules.ts'

test.for<
  [
    title: string,
    when: Record<string, string | number | boolean | (string | number)[]>,
    fields: object,
    expected: boolean,
  ]
>([
  ['no condition', {}, {}, true],
  ['an equal string', { intent: 'billing' }, { intent: 'billing' }, true],
  ['a longer string', { intent: 'billing' }, { intent: 'billing.refund' }, false],
  ['different letter case', { intent: 'billing' }, { intent: 'Billing' }, false],
  ['a trailing * and more text', { intent: 'billing.*' }, { intent: 'billing.refund' }, true],
  ['a trailing * and no more text', { intent: 'billing.*' }, { intent: 'billing.' }, true],
  ['a trailing * and a shorter text', { intent: 'billing.*' }, { intent: 'billing' }, false],
  ['a * alone, and a field', { intent: '*' }, { intent: 'x' }, true],
  ['a * alone, and no field', { intent: '*' }, {}, false],
  ['a literal * in the middle', { intent: 'a*c' }, { intent: 'abc' }, false],
  ['a literal dot', { intent: 'a.c' }, { intent: 'abc' }, false],
  ['a number for a string', { bot_id: 21 }, { bot_id: '21' }, true],
  ['a string for a number', { bot_id: '21' }, { bot_id: 21 }, true],
  ['another number', { bot_id: 21 }, { bot_id: 210 }, false],
  ['a boolean for a string', { vip: true }, { vip: 'true' }, true],
  ['one of several values', { bot_id: [20, '21'] }, { bot_id: 21 }, true],
  ['none of several values', { bot_id: [20, 22] }, { bot_id: 21 }, false],
  ['two conditions that are met', { intent: 'a', bot_id: 21 }, { intent: 'a', bot_id: 21 }, true],
  ['two conditions, one of them met', { intent: 'a', bot_id: 21 }, { intent: 'a', bot_id: 22 }, false],
  ['null', { intent: 'null' }, { intent: null }, false],
  ['a path', { 'user.plan': 'pro' }, { user: { plan: 'pro' } }, true],
  ['a path into an array', { 'tags.0': 'a' }, { tags: ['a'] }, true],
  ['a path into a string', { 'intent.length': 1 }, { intent: 'a' }, false],
  ['a path to an object', { user: '[object Object]' }, { user: {} }, false],
  ['__proto__', { '__proto__.constructor.name': '*' }, { intent: 'a' }, false],
  ['constructor', { 'constructor.name': 'Object' }, { intent: 'a' }, false],
  ['toString', { toString: '*' }, { intent: 'a' }, false],
  ['a prototype further down', { 'user.constructor.name': '*', 'user.hasOwnProperty': '*' }, { user: {} }, false],

  ['a word', { message: 'refund' }, { message: 'I want a refund.' }, true],
  ['a word in different letter case', { message: 'REFUND' }, { message: 'Refund, please' }, true],
  ['a word inside a word', { message: 'fun' }, { message: 'refund' }, false],
  ['the beginning of a word', { message: 'refund' }, { message: 'refunds' }, false],
  ['the beginning of a word, with *', { message: 'refund*' }, { message: 'two Refunds' }, true],
  ['the end of a word, with *', { message: 'fund*' }, { message: 'refund' }, false],
  ['a second occurrence', { message: 'art' }, { message: 'party art' }, true],
  ['overlapping occurrences', { message: 'ana ana' }, { message: 'banana ana ana' }, true],
  ['a phrase', { message: 'credit card' }, { message: 'My Credit  \n card' }, true],
  ['a phrase in another order', { message: 'credit card' }, { message: 'card credit' }, false],
  ['one of several words', { message: ['refund', 'invoice'] }, { message: 'the invoice' }, true],
  ['a digit that continues a word', { message: '12' }, { message: '123' }, false],
  ['a number', { message: 12 }, { message: 'order 12!' }, true],
  ['a hyphen ends a word', { message: 'mail' }, { message: 'e-mail' }, true],
  ['punctuation anywhere', { message: '?' }, { message: 'Why?' }, true],
  ['an umlaut', { message: 'größe' }, { message: 'GRÖSSE?' }, true],
  ['a word continued by an umlaut', { message: 'gro' }, { message: 'größe' }, false],
  ['a combining accent', { message: 'café' }, { message: 'Cafe\u0301!' }, true],
  ['a word continued by a combining accent', { message: 'cafx' }, { message: 'cafx\u0301' }, false],
  ['sigma', { message: 'ΟΔΟΣ' }, { message: 'οδος' }, true],
  ['a typographic apostrophe', { message: "don't" }, { message: 'I don’t know' }, true],
  ['a full-width letter', { message: 'abc' }, { message: 'ＡＢＣ' }, true],
  ['Chinese inside a sentence', { message: '退款' }, { message: '我要退款吗' }, true],
  ['an emoji', { message: '👍' }, { message: 'ok👍🏽' }, true],
  ['a letter outside the BMP before a word', { message: 'a' }, { message: '𝒳𐐀a' }, false],
  ['a number as message', { message: '7' }, { message: 7 }, true],
  ['* and a message', { message: '*' }, { message: 'hi' }, true],
  ['* and an empty message', { message: '*' }, { message: '' }, false],
  ['* and no message', { message: '*' }, {}, false],
])('%s', ([, when, fields, expected]) => {
  expect(applies(when, fields)).toBe(expected)
})

test('conditions test the original event, not the result of an earlier rule', () => {
  const rules = [{ set: { type: 'error' } }, { name: 'second', when: { 'response.type': 'error' }, skip: true }]
  expect(answer('before_response_sent', rules, { response: { type: 'text' } }).rules).toStrictEqual([
    'before_response_sent[0]',
  ])
})

test('a word is found if and only if an equivalent regular expression finds it', () => {
  const letters = fc.constantFrom('a', 'A', 'b', 'é', 'e\u0301', 'ж', '1', '_')
  const word = fc.string({ unit: letters, minLength: 1, maxLength: 3 })
  const phrase = fc.array(word, { minLength: 1, maxLength: 2 }).map((words) => words.join(' '))
  const message = fc.array(fc.oneof(word, phrase, fc.constantFrom(' ', '-', '.', '😀', '\n')), { maxLength: 12 })
  fc.assert(
    fc.property(message, phrase, fc.boolean(), (parts, wanted, isPrefix) => {
      const plain = (text: string) => text.normalize('NFC').toLowerCase()
      const letter = '[\\p{L}\\p{N}\\p{M}_]'
      const pattern = plain(wanted).replaceAll(' ', '\\s+')
      const expected = new RegExp(`(?<!${letter})${pattern}${isPrefix ? '' : `(?!${letter})`}`, 'u').test(
        plain(parts.join('')),
      )
      expect(applies({ message: isPrefix ? `${wanted}*` : wanted }, { message: parts.join('') })).toBe(expected)
    }),
    { numRuns: 1000 },
  )
})

test('matching never throws, whatever the event contains', () => {
  const when = { message: ['a', '*', 'b*'], intent: 'x.*', 'ticket_data.name': '*', 'a.b.0.__proto__': 1 }
  const reply = '{{message}}{{ticket_data.name | x}}{{response.response}}{{a.b}}'
  const rules = compileRules({ before_response_sent: [{ when, skip: true }, { reply }, { set: { x: [reply] } }] })
  const anything = fc.oneof(fc.anything(), fc.string({ unit: 'binary' }))
  const fields = { message: anything, intent: anything, ticket_data: anything, response: anything, a: anything }
  fc.assert(
    fc.property(fc.record(fields, { requiredKeys: [] }), (event) => {
      const { reply } = applyRules(rules, { ...event, event_type: 'before_response_sent' } as WebhookEvent)
      expect(reply.action).toBe('override_response')
    }),
  )
})

/** The characters that are marks once normalized, which normalization may have to sort. Some of them are letters. */
const NORMALIZED_MARKS = Array.from({ length: 0x11_0000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((character) => /^\p{M}/u.test(character.normalize('NFKD')))

test('runs of marks are kept short, since normalizing them takes quadratic time', () => {
  const longestRun = (text: string) => Math.max(...(text.match(/\p{M}+/gu) ?? ['']).map((run) => [...run].length))
  const letters = NORMALIZED_MARKS.filter((character) => !/\p{M}/u.test(character))
  expect(letters).toStrictEqual(['\u0e33', '\u0eb3', '\uff9e', '\uff9f'])
  for (const letter of [...letters, '\u0323']) {
    // The joiner is also a mark, but normalization does not sort across it.
    for (const run of fold(`\u0301${letter}`.repeat(10_000)).split('\u034f')) {
      expect(longestRun(run)).toBeLessThanOrEqual(2 * 30)
    }
  }
})
