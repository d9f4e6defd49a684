import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asNewEvent, assign, createClock, parseAssignment, withTime } from '../../src/cli/send/payload.ts'
import { printable } from '../../src/lib/printable.ts'

test.for([
  ['message=Hi there', ['message'], 'Hi there'],
  ['message=a=b', ['message'], 'a=b'],
  ['message=', ['message'], ''],
  ['ticket_number=7', ['ticket_number'], 7],
  ['ticket_number="7"', ['ticket_number'], '7'],
  ['ticket_number=007', ['ticket_number'], '007'],
  ['message=null', ['message'], null],
  ['ticket_data={"name":"Jane"}', ['ticket_data'], { name: 'Jane' }],
  ['ticket_data.name=Jane', ['ticket_data', 'name'], 'Jane'],
] as const)('--set %s', ([text, path, value]) => {
  expect(parseAssignment(text)).toEqual({ path, value })
})

test.for(['message', '=x', '', 'a..b=1', '.a=1', 'a.=1'])('--set %s is refused with an example', (text) => {
  expect(() => parseAssignment(text)).toThrow('--set takes a field and its value')
})

test('what is set can be read there, and nothing else changes', () => {
  const key = fc.constantFrom('a', 'b', '0', '1', '__proto__', 'constructor', 'toString')
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.array(key, { minLength: 1, maxLength: 4 }),
      fc.jsonValue(),
      (target, path, value) => {
        const before = JSON.stringify(target)
        let found: unknown = JSON.parse(JSON.stringify(assign(target, { path, value })))
        for (const step of path) found = Object.getOwnPropertyDescriptor(found, step)?.value
        expect(JSON.stringify(found)).toBe(JSON.stringify(value))
        expect(JSON.stringify(target)).toBe(before)
        expect(({} as Record<string, unknown>).a).toBeUndefined()
      },
    ),
  )
})

test('an entry of a list is set in the list', () => {
  expect(assign({ response: { buttons: ['a', 'b'] } }, parseAssignment('response.buttons.1=c'))).toEqual({
    response: { buttons: ['a', 'c'] },
  })
})

test('every field that tells a time gets the time, and no other is added', () => {
  expect(withTime({ a: 1, timestamp: 'old' }, 'new')).toEqual({ a: 1, timestamp: 'new' })
  expect(withTime({ request_time: 'old' }, 'new')).toEqual({ request_time: 'new' })
  expect(withTime({ a: 1 }, 'new')).toEqual({ a: 1 })
})

test('an event becomes a new one: it gets a time if only its ticket number tells it apart', () => {
  expect(asNewEvent({ ticket_number: 'T-1' }, 'new')).toEqual({ ticket_number: 'T-1', timestamp: 'new' })
  expect(asNewEvent({ ticket_number: 7, request_time: '' }, 'new')).toEqual({ ticket_number: 7, request_time: 'new' })
  expect(asNewEvent({ message: 'no number, so it is always new' }, 'new')).not.toHaveProperty('timestamp')
})

test('the clock never gives one time twice, also when it stands still or goes back', () => {
  const times = [5, 5, 5, 3, 20]
  const next = createClock(() => times.shift() ?? 0)
  const given = [next(), next(), next(), next(), next(), next()]
  expect(given.map((time) => Date.parse(time))).toEqual([5, 6, 7, 8, 20, 21])
})

test('what is printed cannot steer a terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/u)
    }),
  )
  expect(printable('a\u001b[31m\u202eb\n\tc\u0085')).toBe('a\\u001b[31m\\u202eb\n\tc\\u0085')
})
