import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventTypes } from '../../src/events/schemas.ts'
import { nearestName } from '../../src/lib/nearest-name.ts'

test.for([
  ['ticket_created', 'on_ticket_created'],
  ['on_tikcet_created', 'on_ticket_created'],
  ['ON_MESSAGE_RECEIVED', 'on_message_received'],
  ['before_respons_sent', 'before_response_sent'],
  ['on_livechat_requested', 'on_live_chat_requested'],
  ['on_ticket_crated', 'on_ticket_created'],
])('%s means %s', ([word, meant]) => {
  expect(nearestName(word ?? '', eventTypes)).toBe(meant)
})

test.for(['', 'x', 'something_else_entirely'])('nothing is similar to "%s"', (word) => {
  expect(nearestName(word, eventTypes)).toBeUndefined()
})

test('the most similar candidate is found, and a swap of adjacent characters counts as one edit', () => {
  expect(nearestName('intent', ['intents', 'intent', 'indent'])).toBe('intent')
  expect(nearestName('abdc', ['abxc', 'abcd', 'abdd'])).toBe('abxc') // a replacement and a swap count the same: the first one is found
  expect(nearestName('badcfe', ['abcdxx', 'abcdef'])).toBe(undefined)
  expect(nearestName('badcef', ['abcdef'])).toBe('abcdef')
})

test('a name with one typo is always found', () => {
  const typo = fc.record({ at: fc.nat(), letter: fc.constantFrom(...'abcxyz_'), kind: fc.constantFrom(0, 1, 2, 3) })
  fc.assert(
    fc.property(fc.constantFrom(...eventTypes), typo, (name, { at, letter, kind }) => {
      const index = at % (name.length - 1)
      const [before, rest] = [name.slice(0, index), name.slice(index)]
      const mistyped = [
        before + rest.slice(1),
        before + letter + rest,
        before + letter + rest.slice(1),
        before + rest.slice(1, 2) + rest.slice(0, 1) + rest.slice(2),
      ][kind]
      expect(nearestName(mistyped ?? '', eventTypes)).toBe(name)
    }),
  )
})
